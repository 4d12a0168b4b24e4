import { defineFlavor } from '@stack/core';
import { azureArtifactStoreConfigSchema } from './config.ts';

/** Keeps artifacts in a container of Azure Blob Storage. */
export const azureArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'azure',
  displayName: 'Azure Blob Storage',
  docsUrl: 'https://learn.microsoft.com/azure/storage/blobs/',
  configSchema: azureArtifactStoreConfigSchema,
  capabilities: ['signedUrl'],
  implementation: () => import('./implementation.ts'),
});
