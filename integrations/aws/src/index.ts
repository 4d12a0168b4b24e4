export { type S3ArtifactStoreConfig, s3ArtifactStoreConfigSchema } from './artifact-store/config.ts';
export { s3ArtifactStoreFlavor } from './artifact-store/flavor.ts';
export { type AwsSecretStoreConfig, awsSecretStoreConfigSchema } from './secret-store/config.ts';
export { awsSecretStoreFlavor } from './secret-store/flavor.ts';
