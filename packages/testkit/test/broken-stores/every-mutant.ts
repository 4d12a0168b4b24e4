import { createComponent, defineFlavor } from '@stack/core';
import { type ArtifactStoreCase, type ArtifactStoreTestOptions, checkArtifactStore } from '@stack/testkit';
import { memoryArtifactStoreConfigSchema } from '../../src/memory-artifact-store/config.ts';
import type MemoryArtifactStore from '../../src/memory-artifact-store/implementation.ts';
import { folderStoreOptions } from '../folder-store/folder-stores.ts';
import type { RemoteStores } from '../remote-store/remote-stores.ts';
import { brokenRemoteFlavor } from './broken-remote-flavor.ts';
import { diskMutants } from './disk-mutants.ts';
import { keyMutants } from './key-mutants.ts';
import { memoryMutants } from './memory-mutants.ts';
import { publicMethodMutants } from './public-method-mutants.ts';
import { processMutants, remoteMutants } from './remote-mutants.ts';

/** A mutant, and what the suite needs to run on it. */
export interface EveryMutant {
  readonly fault: string;
  readonly convictedBy: ArtifactStoreCase;
  readonly options: (server: RemoteStores) => Omit<ArtifactStoreTestOptions, 'name'>;
}

/** All of them. */
export const everyMutant: readonly EveryMutant[] = [
  ...[...memoryMutants, ...publicMethodMutants, ...keyMutants].map(({ store, ...mutant }) => ({
    ...mutant,
    options: () => memoryOptions(store),
  })),
  ...diskMutants.map(({ store, ...mutant }) => ({ ...mutant, options: () => folderStoreOptions(store) })),
  ...remoteMutants.map(({ store, ...mutant }) => ({
    ...mutant,
    options: (server: RemoteStores) => server.options(brokenRemoteFlavor(store)),
  })),
  ...processMutants.map(({ store, ...mutant }) => ({
    ...mutant,
    options: (server: RemoteStores) => brokenProcesses(server.options(brokenRemoteFlavor(store)), mutant.fault),
  })),
];

/** Whether the case that names the fault convicts the store. */
export async function isConvicted(
  { fault, convictedBy, options }: EveryMutant,
  server: RemoteStores,
): Promise<boolean> {
  const run = { cases: [convictedBy], timeLimit: 20_000 };
  const [result] = await checkArtifactStore({ name: fault, ...options(server) }, run);
  return result?.outcome === 'failed';
}

let stores = 0;

function memoryOptions(store: typeof MemoryArtifactStore): Omit<ArtifactStoreTestOptions, 'name'> {
  const flavor = defineFlavor({
    type: 'artifact-store',
    name: 'memory',
    configSchema: memoryArtifactStoreConfigSchema,
    capabilities: ['atomicRename'],
    implementation: async () => ({ default: store }),
  });
  const retry = { attempts: 2, baseDelay: 1, maximumDelay: 1 };
  return { create: () => createComponent(flavor, { name: 'memory', config: { path: `memory://${stores++}`, retry } }) };
}

function brokenProcesses(
  options: Omit<ArtifactStoreTestOptions, 'name'>,
  fault: string,
): Omit<ArtifactStoreTestOptions, 'name'> {
  const input = { ...(options.worker?.input as object), fault };
  const module = new URL('./open-broken-store.ts', import.meta.url).href;
  return { ...options, worker: { module, export: 'openBrokenStore', input } };
}
