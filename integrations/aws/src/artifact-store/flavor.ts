import { defineFlavor } from '@stack/core';
import { s3ArtifactStoreConfigSchema } from './config.ts';

/** Keeps artifacts in a bucket of S3, or of another store that speaks as S3 does. */
export const s3ArtifactStoreFlavor = defineFlavor({
  type: 'artifact-store',
  name: 's3',
  displayName: 'S3 bucket',
  docsUrl: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html',
  configSchema: s3ArtifactStoreConfigSchema,
  capabilities: ['signedUrl'],
  implementation: () => import('./implementation.ts'),
});
