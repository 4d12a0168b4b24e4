// Conformance suites.
export type { ArtifactStoreCase } from './artifact-store/artifact-store-cases.ts';
export type {
  ArtifactStoreHooks,
  DeniedHooks,
  NetworkHook,
  WorkerModule,
} from './artifact-store/artifact-store-hooks.ts';
export {
  type ArtifactStoreTestOptions,
  artifactStoreGaps,
  checkArtifactStore,
  testArtifactStore,
} from './artifact-store/test-artifact-store.ts';
export type { ConformanceOptions } from './conformance/conformance-suite.ts';
export type { TestRunner } from './conformance/register-cases.ts';
export {
  type ConformanceReport,
  conformanceReport,
  type ReportedCase,
  type ReportSubject,
} from './conformance/report/conformance-report.ts';
export { htmlReport } from './conformance/report/html-report.ts';
export { junitReport } from './conformance/report/junit-report.ts';
export type { CaseResult, RunOptions } from './conformance/run-cases.ts';
export { checkFlavor, type FlavorCheckOptions } from './flavor/check-flavor.ts';
// Checks of built packages.
export { checkLazyLoad, type LazyLoadOptions } from './lazy-load/check-lazy-load.ts';
// The references.
export { type MemoryArtifactStoreConfig, memoryArtifactStoreConfigSchema } from './memory-artifact-store/config.ts';
export { memoryArtifactStoreFlavor } from './memory-artifact-store/flavor.ts';
export { type MemorySecretStoreConfig, memorySecretStoreConfigSchema } from './memory-secret-store/config.ts';
export { memorySecretStoreFlavor } from './memory-secret-store/flavor.ts';
// Faults.
export { FaultProxy, type NetworkFault } from './network/fault-proxy.ts';
export {
  checkOrchestrator,
  type OrchestratorCase,
  type OrchestratorTestOptions,
  testOrchestrator,
} from './orchestrator/test-orchestrator.ts';
export { checkIntegrationPackage } from './package-shape/check-integration-package.ts';
export {
  checkSecretStore,
  type SecretStoreCase,
  type SecretStoreTestOptions,
  secretStoreGaps,
  testSecretStore,
} from './secret-store/test-secret-store.ts';
