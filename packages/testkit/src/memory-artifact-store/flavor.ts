import { defineFlavor } from '@stack/core';
import { memoryArtifactStoreConfigSchema } from './config.ts';

/** Keeps artifacts in the memory of the component: for tests, and to read as the shortest store that keeps the contract. */
export const memoryArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'memory',
  displayName: 'Memory of this process',
  isLocal: true,
  configSchema: memoryArtifactStoreConfigSchema,
  capabilities: ['atomicRename'],
  implementation: () => import('./implementation.ts'),
});
