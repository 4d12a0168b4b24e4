import { defineFlavor } from '@stack/core';
import { remoteArtifactStoreConfigSchema } from './config.ts';

/** Artifact stores on a `RemoteServer`: what the kit is tried on as on a store behind a network. */
export const remoteArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'remote',
  configSchema: remoteArtifactStoreConfigSchema,
  implementation: () => import('./remote-artifact-store.ts'),
});
