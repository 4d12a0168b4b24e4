import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { ArtifactStore, JsonObject } from '@stack/core';
import type { ArtifactStoreHooks, NetworkHook } from '../artifact-store/artifact-store-hooks.ts';
import type { ConformanceOptions } from '../conformance/conformance-suite.ts';
import { runCase } from '../conformance/run-cases.ts';
import type { FlavorCheckOptions } from './check-flavor.ts';

/** Makes a store of the config that is checked, with some fields in the place of its own. */
type Create = (fields: JsonObject) => Promise<ArtifactStore>;

/**
 * What the suite takes of a store, as far as the config shows it. One that works is made first, so that what is wrong
 * with the config, or with the system behind it, is told once.
 */
export async function configuredArtifactStore(
  create: Create,
  options: FlavorCheckOptions,
): Promise<Pick<ConformanceOptions<ArtifactStore, string>, 'create'> & ArtifactStoreHooks> {
  const createBelow = async (disposables: AsyncDisposableStack) => {
    const path = `${String(options.config.path).replace(/\/+$/, '')}/conformance-${randomUUID()}`;
    const store = await create({ path });
    disposables.defer(() => removeStore(store));
    return store;
  };
  let hooks: ArtifactStoreHooks = {};
  await runCase<ArtifactStore, string, object>(
    async ({ component: store, disposables }) => {
      await store.write('probe', '');
      const other = disposables.use(await create({ path: store.root }));
      // One that keeps all in its own memory shows nothing to another component.
      if (await other.exists('probe')) hooks = sharedHooks(create, options, isAbsolute(store.root));
    },
    { name: 'probe', create: createBelow },
  );
  return { create: createBelow, ...hooks };
}

/** The hooks of a store whose objects other components and other processes see. */
function sharedHooks(create: Create, options: FlavorCheckOptions, isOnDisk: boolean): ArtifactStoreHooks {
  const withFields = (fields: JsonObject | undefined) => fields && ((path: string) => create({ ...fields, path }));
  return {
    reopen: (path) => create({ path }),
    network: networkHook(create, options),
    denied: { wrong: withFields(options.wrongCredentials), expired: withFields(options.expiredCredentials) },
    worker: options.worker,
    folderOf: isOnDisk ? (root) => root : undefined,
  };
}

/** Only connections without TLS can go through the proxy: no certificate is one of its address. */
function networkHook(
  create: Create,
  { config, endpointField = 'endpoint' }: FlavorCheckOptions,
): NetworkHook | undefined {
  const endpoint = config[endpointField];
  if (typeof endpoint !== 'string' || !endpoint.startsWith('http://')) return undefined;
  const retry = { attempts: 3, baseDelay: 10, maximumDelay: 100 };
  return { endpoint, connect: (path, through) => create({ path, [endpointField]: through, retry }) };
}

async function removeStore(store: ArtifactStore): Promise<void> {
  await store.removeTree('');
  // What a store on disk keeps beside its objects goes too.
  if (isAbsolute(store.root)) await rm(store.root, { recursive: true, force: true });
}
