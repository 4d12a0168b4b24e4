import { type ArtifactStore, createComponent } from '@stack/core';
import { azureArtifactStoreFlavor } from '@stack/integration-azure';

/** Makes a store, also in a process of its own. */
export function openAzureStore(path: string, config: object): Promise<ArtifactStore> {
  return createComponent(azureArtifactStoreFlavor, { name: 'azurite', config: { path, ...config } });
}
