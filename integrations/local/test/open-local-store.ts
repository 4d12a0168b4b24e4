import { type ArtifactStore, createComponent } from '@stack/core';
import { localArtifactStoreFlavor } from '@stack/integration-local';

/** Makes a store in a process of its own. */
export function openLocalStore(path: string): Promise<ArtifactStore> {
  return createComponent(localArtifactStoreFlavor, { name: 'local', config: { path } });
}
