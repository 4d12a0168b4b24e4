export { type GcsArtifactStoreConfig, gcsArtifactStoreConfigSchema } from './artifact-store/config.ts';
export { gcsArtifactStoreFlavor } from './artifact-store/flavor.ts';
