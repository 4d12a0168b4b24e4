import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localArtifactStoreFlavor } from '../../integrations/local/src/index.ts';
import {
  type AnyFlavor,
  type ArtifactStore,
  artifactStoreConfig,
  createComponent,
  defineFlavor,
} from '../../packages/core/src/index.ts';
import type { ArtifactStoreTestOptions } from '../../packages/testkit/src/index.ts';

/** A store on a folder of this disk whose score is told. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly flavor: AnyFlavor;
}

const rivals = {
  flydrive: () => import('./flydrive-store.ts'),
  unstorage: () => import('./unstorage-store.ts'),
  opendal: () => import('./opendal-store.ts'),
};

/** Ours, and those of other libraries for Node that keep objects in folders. */
export const contenders: readonly Contender[] = [
  {
    name: '@stack/integration-local',
    version: versionOf('../../integrations/local/'),
    flavor: localArtifactStoreFlavor,
  },
  ...Object.entries(rivals).map(([name, implementation]) => ({
    name,
    version: versionOf(name),
    flavor: defineFlavor({
      type: 'artifact-store',
      name,
      configSchema: artifactStoreConfig({ schemes: ['file://'], localPath: true }),
      implementation,
    }),
  })),
];

/** What the suite needs to run on stores of a contender. */
export function contenderOptions({ name, flavor }: Contender): ArtifactStoreTestOptions {
  const open = (path: string) => openContender(path, { name }, flavor);
  return {
    name,
    create: async (disposables) => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-rival-'));
      disposables.defer(() => rm(folder, { recursive: true, force: true }));
      return open(join(folder, 'root'));
    },
    reopen: open,
    folderOf: (root) => root,
    worker: { module: import.meta.url, export: 'openContender', input: { name } },
  };
}

/** Makes a store of a contender, in this process or in one of its own. */
export function openContender(
  path: string,
  { name }: { readonly name: string },
  flavor = contenders.find((contender) => contender.name === name)?.flavor,
): Promise<ArtifactStore> {
  if (flavor === undefined) throw new Error(`there is no contender ${name}`);
  const config = { path, retry: { attempts: 2, baseDelay: 1, maximumDelay: 1 } };
  return createComponent(flavor, { name: 'contender', config, settings: {} }) as Promise<ArtifactStore>;
}

function versionOf(name: string): string {
  const file = findPackageJSON(name, import.meta.url);
  if (file === undefined) throw new Error(`${name} is not installed`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
