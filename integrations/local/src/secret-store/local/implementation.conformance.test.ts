import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLocation } from '@stack/store';
import { testSecretStore } from '@stack/testkit';
import { afterAll, describe, it } from 'vitest';
import { whyUnavailable } from '../../../../../tools/backends/backend.ts';
import { type PostgresServer, postgres } from '../../../../../tools/backends/postgres.ts';
import { openSecretStore, type Surroundings } from '../../../test/open-secret-store.ts';

const noPostgres = await whyUnavailable(postgres);
let server: Promise<PostgresServer> | undefined;
let schemas = 0;

afterAll(async () => (await server)?.[Symbol.asyncDispose]());

const inFile = async (folder: string): Promise<StoreLocation> => ({ file: join(folder, 'project', 'stack.db') });
const onServer = async (): Promise<StoreLocation> => {
  server ??= postgres.start();
  return { url: `${(await server).url}?schema=secrets-${++schemas}` };
};

const variants = [
  { name: 'with a key file, in SQLite', locate: inFile, environment: {} },
  {
    name: 'with STACK_SECRETS_KEY, in SQLite',
    locate: inFile,
    environment: { STACK_SECRETS_KEY: randomBytes(32).toString('base64') },
  },
  { name: 'with a key file, in PostgreSQL', locate: onServer, environment: {}, unavailable: noPostgres },
];

for (const { name, locate, environment, unavailable } of variants) {
  /** By store, what another one is opened with. */
  const opened = new WeakMap<object, { readonly around: Surroundings; readonly disposables: AsyncDisposableStack }>();

  const open = async (around: Surroundings, disposables: AsyncDisposableStack) => {
    const { store, metadata } = await openSecretStore(around);
    disposables.use(metadata);
    opened.set(store, { around, disposables });
    return store;
  };

  testSecretStore(
    {
      name: `local secret store ${name}`,
      unavailable,
      create: async (disposables) => {
        const folder = await mkdtemp(join(tmpdir(), 'stack-secrets-'));
        disposables.defer(() => rm(folder, { recursive: true }));
        const project = join(folder, 'project');
        await mkdir(project);
        const location = await locate(folder);
        const config = { XDG_CONFIG_HOME: join(folder, 'config') };
        return await open({ location, project, environment: { ...environment, ...config } }, disposables);
      },
      reopen: async (store) => {
        const found = opened.get(store);
        if (found === undefined) throw new Error('The store is not of this suite.');
        return await open(found.around, found.disposables);
      },
    },
    { describe, it },
  );
}
