import { defineFlavor } from '@stack/core';
import { gcsArtifactStoreConfigSchema } from './config.ts';

/** Keeps artifacts in a bucket of Google Cloud Storage. */
export const gcsArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'gcs',
  displayName: 'Google Cloud Storage',
  docsUrl: 'https://cloud.google.com/storage/docs',
  configSchema: gcsArtifactStoreConfigSchema,
  capabilities: ['signedUrl'],
  implementation: () => import('./implementation.ts'),
});
