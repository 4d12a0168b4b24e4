// Steps and pipelines.

export { loadArtifact, readArtifactBytes } from './artifacts/artifact-content.ts';
// Artifacts.
export {
  defineMaterializer,
  type Materializer,
  type MaterializerDefinition,
  type SerializedValue,
} from './artifacts/materializer.ts';
// The cache.
export type { CacheKeyContext, CacheOptions } from './cache/cache-options.ts';
export { type CacheChange, type CacheExplanation, type ExplainedRun, explainCaching } from './cache/explain-caching.ts';
export { MemoryRunStore } from './engine/memory-run-store.ts';
export type { PipelineHookContext } from './engine/pipeline-hooks.ts';
export { type RunEvent, type RunRecording, runEventChannel } from './engine/run-event.ts';

// Runs.

export type { PipelineRun, ResumeOptions, RunOptions } from './engine/run-pipeline.ts';
export { type WatchOptions, watchRun } from './engine/watch-run.ts';

// Logs of steps.
export type { LogLevel } from './logs/output-capture.ts';
export { type RunLogLine, type RunLogOptions, readRunLog } from './logs/read-run-log.ts';
export { readStepLog } from './logs/read-step-log.ts';
export type { StepLogLine } from './logs/step-log.ts';
export { type OutputHandle, optional } from './pipeline/output-handle.ts';
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
