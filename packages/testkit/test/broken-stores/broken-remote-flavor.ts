import { defineFlavor } from '@stack/core';
import { remoteArtifactStoreConfigSchema } from '../remote-store/config.ts';
import type RemoteArtifactStore from '../remote-store/remote-artifact-store.ts';

/** The flavor of stores of a class with a fault. */
export function brokenRemoteFlavor(store: typeof RemoteArtifactStore) {
  return defineFlavor({
    type: 'artifact-store',
    name: 'remote',
    configSchema: remoteArtifactStoreConfigSchema,
    implementation: async () => ({ default: store }),
  });
}
