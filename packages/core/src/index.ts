// Component types and components.

export { keyProblem } from './artifact-store/artifact-key.ts';
// Artifact stores.
export {
  ArtifactStore,
  type CopyOptions,
  type DirectoryOptions,
  type GarbageOptions,
  type OperationOptions,
  type ReadOptions,
  type SignedUrlOptions,
  type WriteOptions,
  type WriteSource,
} from './artifact-store/artifact-store.ts';
export { forEachAtOnce } from './artifact-store/for-each-at-once.ts';
export {
  KnownPlaces,
  type PlaceLookup,
  type PlaceQuestions,
  placeQuestions,
} from './artifact-store/known-places.ts';
export { entriesOfPages } from './artifact-store/listing-pages.ts';
export { namingProblems, onDisk } from './artifact-store/local-folder.ts';
export type { ListEntry, ObjectStat, StoredStat } from './artifact-store/object-stat.ts';
// What the primitives of an artifact store are asked, and give.
export type {
  CopyRequest,
  Garbage,
  GarbageRequest,
  ListRequest,
  ObjectContent,
  ReadRequest,
  RemovalFailure,
  SendOptions,
  SignedUrl,
  SignRequest,
  StoreRequest,
  WriteRequest,
} from './artifact-store/requests.ts';
export { type Backoff, backOff, defaultBackoff } from './backoff.ts';
export { checkName } from './component/component-name.ts';
export {
  type ComponentTypeDescription,
  componentTypeProperty,
  defineComponentType,
  getComponentType,
  listComponentTypes,
  listStackTypes,
} from './component/component-type.ts';
export type { ComponentTypeName, ComponentTypes } from './component/component-types.ts';
export { type ComponentOf, type ComponentOptions, createComponent } from './component/create-component.ts';
export { loadImplementation } from './component/load-implementation.ts';
export { moduleLoadError } from './component/module-load-error.ts';
export {
  type AnyComponent,
  type ComponentContext,
  type PipelineRunInfo,
  type ProbeResult,
  StackComponent,
  type StepRunInfo,
  unhealthy,
} from './component/stack-component.ts';
// Configs.
export {
  type ArtifactStoreConfig,
  type ArtifactStoreConfigOptions,
  type ArtifactStoreConfigSchema,
  artifactStoreConfig,
  type RetryPolicy,
} from './config/artifact-store-config.ts';
export { type CoercedOptions, coerceOptions, type Option, optionName } from './config/coerce-options.ts';
export { type ConfigSchema, configJsonSchema } from './config/config-schema.ts';
export { type JsonSchema, schemaProperties } from './config/json-schema.ts';
export { migrateConfig, type StoredComponent } from './config/migrate-config.ts';
export { checkConfig, configError, maskProblems, parseConfig, unknownOption } from './config/parse-config.ts';
export { type SecretField, secretField } from './config/secret-field.ts';
// Errors and values.
export {
  artifactCollected,
  didYouMean,
  type ErrorCategory,
  type ErrorCode,
  errorCodes,
  exitCodeOf,
  exitCodes,
  joinErrors,
  nearestNames,
  type Problem,
  runEnded,
  runHeld,
  runLeaseLost,
  StackError,
  type StackErrorOptions,
} from './errors/index.ts';
// Flavors.
export { defineFlavor, type FlavorDefinition } from './flavor/define-flavor.ts';
export {
  type AnyFlavor,
  type ConfigInputOf,
  type ConfigMigration,
  type ConfigOf,
  type Flavor,
  isFlavor,
  type SettingsInputOf,
  type SettingsOf,
  type StoredInput,
} from './flavor/flavor.ts';
export { flavorManifest } from './flavor/flavor-manifest.ts';
export { isPlainObject, isTooDeep, type JsonObject, type JsonValue, maximumDepth } from './json.ts';
export { apiVersion, type FlavorManifest, type Manifest } from './manifest/manifest.ts';
export {
  type ArtifactReference,
  checkArtifactName,
  checkArtifactTag,
  parseArtifactReference,
} from './orchestrator/artifact-reference.ts';
// Orchestrators, and what they run.
export { Orchestrator, type RunContext } from './orchestrator/orchestrator.ts';
export type { FailurePolicy, PipelineSource, Plan, PlanInput, PlanStep, StepCode } from './orchestrator/plan.ts';
export type {
  ArtifactPlace,
  CondemnOptions,
  DeletedRun,
  ReleasedObjects,
  RetentionRule,
  RunDeletion,
  RunKeeping,
  RunSummary,
  RunSummaryFilter,
} from './orchestrator/run-keeping.ts';
export {
  type ArtifactFilter,
  type ArtifactLocation,
  type ArtifactRecord,
  type ArtifactVisualization,
  type CachedResult,
  type CacheKey,
  type ClaimOptions,
  isRunLeft,
  type MetadataTarget,
  type NewArtifact,
  type RecordedError,
  type RunFence,
  type RunFilter,
  type RunHolder,
  type RunLease,
  type RunRecord,
  type RunStart,
  type RunState,
  type RunStore,
  type StepCaching,
  type StepChange,
  type StepInput,
  type StepRunRecord,
  type StepState,
  type StoredObject,
  type TagChange,
} from './orchestrator/run-store.ts';
export type { ExecuteOptions, StepExecutor, StepOutcome } from './orchestrator/step-executor.ts';
export { StepOutput, writeStepMessage } from './orchestrator/step-messages.ts';
export type {
  StepHost,
  StepMessage,
  StepOrder,
  StepPlace,
  StepProgram,
  StepRunner,
  StepTask,
  TaskOptions,
} from './orchestrator/step-task.ts';
export { importForWorker, isImportedByWorker } from './orchestrator/worker-import.ts';
// Secret stores.
export type {
  NewSealedSecret,
  SealedSecret,
  SealedSecretChange,
  SealedSecretPlace,
  SealedSecretTable,
} from './secret-store/sealed-secret-table.ts';
export {
  type RekeyedSecrets,
  type SecretChange,
  type SecretContent,
  type SecretEdit,
  type SecretOptions,
  type SecretScope,
  SecretStore,
  type SecretSummary,
  type SecretWriteOptions,
  type StoredSecret,
} from './secret-store/secret-store.ts';
// Secrets.
export {
  addMaskedValue,
  type ChildEnvironmentOptions,
  createChildEnvironment,
  createEnvironmentSecretResolver,
  findSecretReferences,
  formatSecretReference,
  type LocatedReference,
  maskSecrets,
  maskValue,
  parseSecretReference,
  resolveSecretReferences,
  Secret,
  SecretMaskStream,
  type SecretReference,
  type SecretResolver,
  secretVariable,
} from './secrets/index.ts';
// Settings.
export type { SettingsTarget } from './settings/check-settings.ts';
export { type ExplainedSetting, explainSettings } from './settings/explain-settings.ts';
export { type IgnoredSettings, mergePlanSettings, type PlanSettings } from './settings/merge-plan-settings.ts';
export type { MergedSettings, SettingsAssignment } from './settings/merge-settings.ts';
export { runSetting } from './settings/run-setting.ts';
export { type RunSettings, resolveRunSettings } from './settings/run-settings.ts';
export { type SettingsChange, settingsFor } from './settings/settings-for.ts';
export {
  type SettingsBySelector,
  type SettingsLayer,
  type SettingsOrigin,
  settingsOrigins,
} from './settings/settings-layer.ts';
export type { SettingsSource } from './settings/settings-source.ts';
// Stacks.
export { checkStack } from './stack/check-stack.ts';
export type { ComponentDescription } from './stack/component-description.ts';
export { createStack, type StackOptions, stackError } from './stack/create-stack.ts';
export type { Stack } from './stack/stack.ts';
export { type StackMember, validateStack } from './stack/validate-stack.ts';
// Temporary files.
export { removeAbandonedFolders } from './temporary-folder/abandoned-folders.ts';
export { TemporaryFolder } from './temporary-folder/temporary-folder.ts';
