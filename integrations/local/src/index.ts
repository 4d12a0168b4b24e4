export { type LocalArtifactStoreConfig, localArtifactStoreConfigSchema } from './artifact-store/config.ts';
export { localArtifactStoreFlavor } from './artifact-store/flavor.ts';
export {
  type LocalOrchestratorConfig,
  type LocalOrchestratorSettings,
  localOrchestratorConfigSchema,
  localOrchestratorSettingsSchema,
} from './orchestrator/config.ts';
export { localOrchestratorFlavor } from './orchestrator/flavor.ts';
