export { type LocalArtifactStoreConfig, localArtifactStoreConfigSchema } from './artifact-store/config.ts';
export { localArtifactStoreFlavor } from './artifact-store/flavor.ts';
export {
  type LocalOrchestratorConfig,
  type LocalOrchestratorSettings,
  localOrchestratorConfigSchema,
  localOrchestratorSettingsSchema,
} from './orchestrator/config.ts';
export { localOrchestratorFlavor } from './orchestrator/flavor.ts';
export { type EnvSecretStoreConfig, envSecretStoreConfigSchema } from './secret-store/env/config.ts';
export { envSecretStoreFlavor } from './secret-store/env/flavor.ts';
export { type LocalSecretStoreConfig, localSecretStoreConfigSchema } from './secret-store/local/config.ts';
export { localSecretStoreFlavor } from './secret-store/local/flavor.ts';
