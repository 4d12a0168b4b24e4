import { defineFlavor } from '@stack/core';
import { localArtifactStoreConfigSchema } from './config.ts';

/** Keeps artifacts in a folder of this machine. */
export const localArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'local',
  displayName: 'Local folder',
  isLocal: true,
  configSchema: localArtifactStoreConfigSchema,
  capabilities: ['atomicRename'],
  implementation: () => import('./implementation.ts'),
});
