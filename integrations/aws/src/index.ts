export { type AwsSecretStoreConfig, awsSecretStoreConfigSchema } from './secret-store/config.ts';
export { awsSecretStoreFlavor } from './secret-store/flavor.ts';
