export { type AzureArtifactStoreConfig, azureArtifactStoreConfigSchema } from './artifact-store/config.ts';
export { azureArtifactStoreFlavor } from './artifact-store/flavor.ts';
