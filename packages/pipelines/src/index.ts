// Steps and pipelines.

export { downloadArtifact, loadArtifact, readArtifactBytes } from './artifacts/artifact-content.ts';
// Artifacts.
export type { ByteStream } from './artifacts/byte-stream.ts';
export { type DirectoryArtifact, directoryArtifact, isDirectoryArtifact } from './artifacts/directory-artifact.ts';
export type { DirectoryFile } from './artifacts/directory-scan.ts';
export { type FileArtifact, fileArtifact, isFileArtifact } from './artifacts/file-artifact.ts';
export {
  defineMaterializer,
  type Materializer,
  type MaterializerDefinition,
  type SerializeContext,
  type SerializedValue,
} from './artifacts/materializer.ts';
export type { OpenArtifactStore } from './artifacts/open-store-of.ts';
export type { OutputOptions, OutputSchema } from './artifacts/output-options.ts';
export {
  type ArtifactDestination,
  logMetadata,
  type SaveArtifactOptions,
  saveArtifact,
} from './artifacts/save-artifact.ts';
export type { StoredContent } from './artifacts/stored-content.ts';
export type { Visualization } from './artifacts/visualization.ts';
// The cache.
export type { CacheKeyContext, CacheOptions } from './cache/cache-options.ts';
export { type CacheChange, type CacheExplanation, type ExplainedRun, explainCaching } from './cache/explain-caching.ts';
export { parseItemName } from './engine/mapped-items.ts';
export { MemoryRunStore } from './engine/memory-run-store.ts';
export type { PipelineHookContext } from './engine/pipeline-hooks.ts';
export { type RunEvent, type RunRecording, runEventChannel } from './engine/run-event.ts';

// Runs.

export type { PipelineRun, ResumeOptions, RunOptions } from './engine/run-pipeline.ts';
export { type WatchOptions, watchRun } from './engine/watch-run.ts';

// Keeping runs and artifacts.
export {
  type CollectedArtifacts,
  type CollectOptions,
  collectArtifacts,
  type UnreferencedObject,
} from './keeping/collect-artifacts.ts';
export { type DeleteRunOptions, deleteRun, type RemovedRun } from './keeping/delete-run.ts';
export { expiredRuns } from './keeping/expired-runs.ts';
export {
  type DamagedObject,
  type UnreachableStore,
  type Verification,
  type VerifyOptions,
  verifyArtifacts,
} from './keeping/verify-artifacts.ts';
// Lineage.
export {
  type Lineage,
  type LineageArtifact,
  type LineageLink,
  type LineageOptions,
  type LineageStep,
  traceLineage,
} from './lineage/trace-lineage.ts';
// Logs of steps.
export type { LogLevel } from './logs/output-capture.ts';
export { type RunLogLine, type RunLogOptions, readRunLog } from './logs/read-run-log.ts';
export { readStepLog } from './logs/read-step-log.ts';
export type { StepLogLine } from './logs/step-log.ts';
export { asStream, type OutputHandle, optional } from './pipeline/output-handle.ts';
export type { ParametersInput, ParametersOutput, ParametersSchema } from './pipeline/parameters.ts';
export {
  type AnyPipeline,
  isPipeline,
  type Pipeline,
  type PipelineOptions,
  type PipelineResult,
  type PlanOptions,
  pipeline,
} from './pipeline/pipeline.ts';
// Programs that steps run.
export type { SpawnOptions } from './programs/run-program.ts';
export { parseRunConfig, type RunConfig } from './run-config/run-config.ts';
export {
  type CallOptions,
  type MappedOutputs,
  type NamedOutputs,
  type NoInput,
  type Step,
  type StepArgument,
  type StepOptions,
  type StoredValue,
  step,
} from './step/step.ts';
export type { StepContext, StepLogger } from './step/step-context.ts';
