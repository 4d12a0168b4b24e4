import { defineFlavor } from '@stack/core';
import { myArtifactStoreConfigSchema } from './my-artifact-store-config.ts';

/** Keeps artifacts in an LMDB database. */
export const myArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'my-artifact-store',
  displayName: 'LMDB database',
  configSchema: myArtifactStoreConfigSchema,
  capabilities: ['atomicRename'],
  // The one way to lmdb: whatever lists, describes or registers does not need it.
  implementation: () => import('./my-artifact-store.ts'),
});
