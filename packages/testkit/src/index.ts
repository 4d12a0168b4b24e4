// Conformance suites.
export {
  type ArtifactStoreCase,
  type ArtifactStoreTestOptions,
  checkArtifactStore,
  testArtifactStore,
} from './artifact-store/test-artifact-store.ts';
export type { CaseResult, ConformanceOptions, TestRunner } from './conformance/conformance-suite.ts';
// Checks of built packages.
export { checkLazyLoad, type LazyLoadOptions } from './lazy-load/check-lazy-load.ts';
// The reference.
export { type MemoryArtifactStoreConfig, memoryArtifactStoreConfigSchema } from './memory-artifact-store/config.ts';
export { memoryArtifactStoreFlavor } from './memory-artifact-store/flavor.ts';
export {
  checkOrchestrator,
  type OrchestratorCase,
  type OrchestratorTestOptions,
  testOrchestrator,
} from './orchestrator/test-orchestrator.ts';
export { checkIntegrationPackage } from './package-shape/check-integration-package.ts';
