import { randomUUID } from 'node:crypto';
import diagnosticsChannel from 'node:diagnostics_channel';
import {
  checkName,
  didYouMean,
  isImportedByWorker,
  type PipelineRunInfo,
  type Plan,
  type PlanInput,
  type Problem,
  type RecordedError,
  type RunContext,
  type RunLease,
  type RunRecord,
  type RunSettings,
  type RunState,
  type RunStore,
  removeAbandonedFolders,
  type Stack,
  StackError,
  type StepRunRecord,
} from '@stack/core';
import { loadArtifact } from '../artifacts/artifact-content.ts';
import type { Materializer } from '../artifacts/materializer.ts';
import type { OpenArtifactStore } from '../artifacts/open-store-of.ts';
import { RecentBytes } from '../artifacts/recent-bytes.ts';
import type { CodeOrigin } from '../code-identity/code-origin.ts';
import { planCode } from '../code-identity/plan-code.ts';
import { holdCapture, outsideSteps } from '../logs/output-capture.ts';
import { deepFreeze } from '../pipeline/deep-freeze.ts';
import { InputFailures } from '../pipeline/input-failures.ts';
import type { StepDefinition } from '../step/step.ts';
import { addressOf } from './attempt-elsewhere.ts';
import { HookMetadata, type InfoFor } from './component-hooks.ts';
import { findOutput, loadInput, type RunArtifacts } from './load-inputs.ts';
import { parseItemName } from './mapped-items.ts';
import { maskedPlan } from './masked-plan.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import { PipelineExecutor } from './pipeline-executor.ts';
import { callPipelineHook, type PipelineHookContext, type PipelineHooks } from './pipeline-hooks.ts';
import { type PlanChanges, planChanges } from './plan-changes.ts';
import { recordedError } from './recorded-error.ts';
import { checkUnmasked } from './recorded-plan.ts';
import { type RunEvent, type RunRecording, runEventChannel, type TellEvent } from './run-event.ts';
import { settingsOfRun } from './settings-of-run.ts';
import { StepArtifacts } from './step-artifacts.ts';

export interface RunOptions {
  readonly stack: Stack;
  /** Where the run is recorded. Default: in memory, which the result and the first event say. */
  readonly runStore?: RunStore | undefined;
  /**
   * Unique in the run store: a run of this name that has not ended goes on. Default:
   * `<pipeline>-<date>-<time>-<beginning of the id>`, in UTC.
   */
  readonly name?: string | undefined;
  /** Cancels the run when aborted; fails it when the reason is a `StackError` `RUN_FAILED`. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a run that goes on under its name may do so with code that has changed. Default `false`: `RUN_CODE_CHANGED`. */
  readonly allowCodeChange?: boolean | undefined;
  /** `false` runs every step, whatever earlier runs have computed; later ones may take its results. Default `true`. */
  readonly cache?: boolean | undefined;
  /** Told what happens, as it happens. Default: prints what steps print. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /**
   * Opens the artifact stores that the stack does not have, for steps which load what is there. Default: loading it is
   * `COMPONENT_NOT_FOUND`.
   */
  readonly openArtifactStore?: OpenArtifactStore | undefined;
  /** Whether a run that does not complete is an error of `run`. Default `true`. */
  readonly throwOnFailure?: boolean | undefined;
}

/** What going on with a run takes. */
export interface ResumeOptions extends Omit<RunOptions, 'name' | 'runStore'> {
  readonly runStore: RunStore;
  /** Whether to go on with code that has changed since. What is completed stays. Default `false`: `RUN_CODE_CHANGED`. */
  readonly allowCodeChange?: boolean | undefined;
  /** Whether to wait until nobody executes the run any more. Default `false`: `RUN_HELD`. */
  readonly wait?: boolean | undefined;
}

/** A run that has ended. */
export interface PipelineRun<Result = unknown> {
  readonly id: string;
  readonly name: string;
  readonly state: Exclude<RunState, 'running'>;
  /** In the order of the plan. */
  readonly steps: readonly StepRunRecord[];
  /** Why the run failed. */
  readonly error: RecordedError | undefined;
  readonly recordedIn: RunRecording;
  /**
   * Loads an output of a step.
   *
   * @param step its name in the plan, of an item of a mapped step `step[0]`
   * @param output may be left out for a step with a single output
   * @throws STEP_NOT_FOUND for a step that is not in the plan
   * @throws ARGUMENT_INVALID for an output that the step does not have, or that has to be named
   * @throws ARTIFACT_NOT_FOUND when the step did not complete
   */
  output(step: string, output?: string): Promise<unknown>;
  /**
   * Loads what the function of the pipeline returned, each handle as its value.
   *
   * @throws ARTIFACT_NOT_FOUND when a step that it takes did not complete
   */
  result(): Promise<Result>;
}

/** A pipeline for certain parameters, ready to run. */
export interface CompiledPipeline {
  readonly plan: Plan;
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  /** Where the pipeline was defined. */
  readonly origin: CodeOrigin;
  /** What the function returned; `undefined` for nothing. */
  readonly result: PlanInput | undefined;
  readonly materializers: readonly Materializer[];
  readonly hooks: PipelineHooks;
  /** The name that the run config gives the run. */
  readonly runName: string | undefined;
  /** What is wrong with the run config, to be told together with what is wrong with its settings on the stack. */
  readonly problems: readonly Problem[];
  /** What is wrong beside that, to be told together with it. The plan has no steps then, where these cannot be known. */
  readonly failures: readonly StackError[];
}

/**
 * Runs a pipeline. Where the name is that of a run which has not ended, of this pipeline and with these parameters, that
 * run goes on.
 */
export async function runPipeline(compiled: CompiledPipeline, options: RunOptions): Promise<PipelineRun> {
  const { stack } = options;
  checkNotImported(compiled.plan.pipeline);
  const givenName = options.name ?? compiled.runName;
  const ofName = new InputFailures();
  if (givenName !== undefined) ofName.check(() => checkName('run', givenName));
  const failures = [...compiled.failures, ...ofName.errors];
  const prepared = await prepareRun({ ...compiled, failures }, options);
  const { plan, shown, settings, recordedIn, runStore } = prepared;
  const unfinished = givenName === undefined ? undefined : await findUnfinished(runStore, givenName);
  if (unfinished !== undefined) {
    if (planChanges(unfinished.plan, shown).isOtherRun) throw otherRunOfName(unfinished, plan);
    await using lease = await runStore.claimRun(unfinished.id);
    return await continueRun(prepared, lease, options);
  }
  const runId = randomUUID();
  const name = givenName ?? defaultRunName(plan.pipeline, runId);
  const hooks = new HookMetadata();
  const signal = options.signal ?? new AbortController().signal;
  const infoFor: InfoFor<PipelineRunInfo> = (component) => ({
    runId,
    pipeline: plan.pipeline,
    settings: settings.ofRun(component),
  });
  await hooks.askRun(stack, infoFor, signal);
  const start = { id: runId, name, stack: stack.name, plan: shown, metadata: hooks.metadata };
  await using lease = await runStore.startRun(start);
  if (hasCodeBesideSteps(compiled)) lease.keepWhileBusy();
  const tell = tellerOf(runId, options.onEvent ?? printStepOutput);
  tell({ type: 'run-started', name, stack: stack.name, plan: shown, recordedIn });
  await callPipelineHook('onStart', AbortSignal.any([signal, lease.lost]), () =>
    compiled.hooks.onStart?.(hookContext(runId, name, plan, stack)),
  );
  return await executeRun(prepared, { lease, name, recorded: [], tell }, options);
}

/**
 * Goes on with a run that has not ended, from what is recorded of it.
 *
 * @param run its name or id
 * @param compile makes the pipeline of a recorded plan again
 */
export async function resumeRun(
  run: string,
  compile: (recorded: Plan) => CompiledPipeline,
  options: ResumeOptions,
): Promise<PipelineRun> {
  const { runStore, wait, signal } = options;
  const claim = { ...(wait === undefined ? {} : { wait }), ...(signal === undefined ? {} : { signal }) };
  await using lease = await runStore.claimRun(run, claim);
  const { name, plan } = await runStore.getRun(lease.runId);
  checkUnmasked(plan, name);
  const prepared = await prepareRun(compile(plan), { cache: plan.cache, ...options });
  return await continueRun(prepared, lease, options);
}

function checkNotImported(pipelineName: string): void {
  if (!isImportedByWorker()) return;
  throw new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `The pipeline "${pipelineName}" is run by a module that a worker imports to run a step of a run.`,
    hint: 'Run pipelines in another module than the one that exports them, or only where `import.meta.main` is true.',
  });
}

/** Whether code of the user may run before any step does. */
function hasCodeBesideSteps({ hooks, materializers, definitions }: CompiledPipeline): boolean {
  const { onStart, onSuccess, onFailure } = hooks;
  if ([onStart, onSuccess, onFailure].some((hook) => hook !== undefined) || materializers.length > 0) return true;
  return [...definitions.values()].some(({ cache }) => cache?.key !== undefined);
}

/** What a run takes, whether it is new or goes on. */
interface PreparedRun {
  readonly compiled: CompiledPipeline;
  readonly plan: Plan;
  /** The plan as it is recorded. */
  readonly shown: Plan;
  readonly settings: RunSettings;
  readonly runStore: RunStore;
  readonly recordedIn: RunRecording;
}

async function prepareRun(
  compiled: CompiledPipeline,
  { stack, runStore, cache }: Pick<RunOptions, 'stack' | 'runStore' | 'cache'>,
): Promise<PreparedRun> {
  const settings = await settingsOfRun(stack, compiled);
  // What is kept in memory can be of no use to another run.
  const given: Plan = cache === false ? { ...settings.plan, cache } : settings.plan;
  const plan = deepFreeze(
    runStore === undefined ? given : await planCode(given, compiled.definitions, compiled.origin),
  );
  return {
    compiled,
    plan,
    shown: deepFreeze(maskedPlan(plan)),
    settings,
    runStore: runStore ?? new MemoryRunStore(),
    recordedIn: runStore === undefined ? 'memory' : 'store',
  };
}

async function findUnfinished(runStore: RunStore, name: string): Promise<RunRecord | undefined> {
  try {
    const record = await runStore.getRun(name);
    return record.name === name && record.state === 'running' ? record : undefined;
  } catch (error) {
    if (StackError.is(error, 'RUN_NOT_FOUND') || StackError.is(error, 'AMBIGUOUS')) return undefined;
    throw error;
  }
}

/** A run of the name has not ended, and this one would not go on with it. */
function otherRunOfName({ name, pipeline }: RunRecord, plan: Plan): StackError {
  const other = pipeline === plan.pipeline ? 'with other parameters' : `of the pipeline "${pipeline}"`;
  return new StackError({
    code: 'ALREADY_EXISTS',
    message: `There is a run "${name}" already, ${other}, and it has not ended.`,
    hint: `Go on with that one: stack run resume ${name}. Or choose another name.`,
  });
}

/** @throws RUN_NOT_RESUMABLE, RUN_CODE_CHANGED */
async function continueRun(prepared: PreparedRun, lease: RunLease, options: RunOptions): Promise<PipelineRun> {
  const { runStore, shown, recordedIn } = prepared;
  const { stack, allowCodeChange = false } = options;
  if (hasCodeBesideSteps(prepared.compiled)) lease.keepWhileBusy();
  const record = await runStore.getRun(lease.runId);
  const { name } = record;
  if (record.stack !== stack.name) {
    throw new StackError({
      code: 'RUN_NOT_RESUMABLE',
      message: `The run "${name}" runs on the stack "${record.stack}", and was to go on on the stack "${stack.name}".`,
      hint: 'Its artifacts are in the store of its own stack: give that one.',
    });
  }
  const changes = planChanges(record.plan, shown);
  checkSameCode(name, changes, allowCodeChange);
  if (changes.differences.length > 0) await runStore.recordPlan(lease, shown);
  // Those of the process that was killed, most likely. What cannot be removed is in nobody's way.
  void removeAbandonedFolders().catch(() => {});
  const recorded = await runStore.listStepRuns(lease.runId);
  const tell = tellerOf(lease.runId, options.onEvent ?? printStepOutput);
  const completed = new Set(recorded.filter(({ state }) => state === 'completed').map(({ step }) => step));
  tell({
    type: 'run-resumed',
    name,
    stack: stack.name,
    plan: shown,
    recordedIn,
    epoch: lease.epoch,
    steps: recorded,
    uncompared: changes.uncompared.filter((step) => !completed.has(step)),
  });
  return await executeRun(prepared, { lease, name, recorded, tell }, options);
}

function checkSameCode(run: string, { unmatched, differences }: PlanChanges, isChangeAllowed: boolean): void {
  if (unmatched.length > 0) {
    throw new StackError({
      code: 'RUN_CODE_CHANGED',
      message: `The pipeline of the run "${run}" has other steps by now: ${unmatched.join(', ')}.`,
      hint: 'Check the old code out, or start a new run.',
    });
  }
  if (differences.length === 0 || isChangeAllowed) return;
  throw new StackError({
    code: 'RUN_CODE_CHANGED',
    message: `The pipeline of the run "${run}" has changed since it started: ${differences.join('; ')}.`,
    hint: `Check the old code out; or go on with the new one, and what the old one has completed: stack run resume ${run} --allow-code-change`,
  });
}

interface HeldRun {
  readonly lease: RunLease;
  readonly name: string;
  /** What is recorded of its steps; nothing for a run that starts. */
  readonly recorded: readonly StepRunRecord[];
  readonly tell: TellEvent;
}

async function executeRun(
  { compiled, plan, settings, runStore, recordedIn }: PreparedRun,
  { lease, name, recorded, tell }: HeldRun,
  options: RunOptions,
): Promise<PipelineRun> {
  const { definitions, materializers, hooks } = compiled;
  const { stack, openArtifactStore } = options;
  const { runId } = lease;
  const startedAt = performance.now();
  const signal = AbortSignal.any([
    lease.lost,
    ...(options.signal === undefined ? [] : [options.signal]),
    // Whoever cancelled the run was not there any more to see its end.
    ...(recorded.some(({ state }) => state === 'cancelled') ? [AbortSignal.abort()] : []),
  ]);
  const stepArtifacts = new StepArtifacts(runId, runStore);
  const artifacts: RunArtifacts = { runId, runStore, stepArtifacts, stack, openArtifactStore, materializers };
  const recent = new RecentBytes();
  const executor = new PipelineExecutor({ ...artifacts, recent, lease, plan, definitions, settings, recorded, tell });
  const context: RunContext = {
    runId,
    executor,
    signal,
    settings: settings.ofRun(stack.orchestrator),
    stepSettings: (step) => settings.ofStep(step, stack.orchestrator),
    checkAddressable: () => void addressOf(plan, runStore),
  };
  let end: RunEnd;
  try {
    end = endOf(executor, await orchestrate(plan, executor, stack, context), signal);
    const told = hookContext(runId, name, plan, stack);
    if (end.state === 'completed') await callPipelineHook('onSuccess', signal, () => hooks.onSuccess?.(told));
    if (end.state === 'failed') await callPipelineHook('onFailure', signal, () => hooks.onFailure?.(told, end.cause));
    await runStore.endRun(lease, { state: end.state, ...(end.error === undefined ? {} : { error: end.error }) });
  } catch (error) {
    throw isStoreAway(error) ? interruptedError(name, error) : error;
  }
  const { state, error, cause } = end;
  tell({
    type: 'run-ended',
    state,
    duration: performance.now() - startedAt,
    ...(error === undefined ? {} : { error }),
  });

  if (options.throwOnFailure !== false && state !== 'completed') {
    throw runError({ name, runId, state, plan, error, cause, recordedIn });
  }
  return {
    id: runId,
    name,
    state,
    steps: await runStore.listStepRuns(runId),
    error,
    recordedIn,
    output: (step, output) => loadOutput(plan, artifacts, step, output),
    result: async () => (compiled.result === undefined ? undefined : loadInput(compiled.result, artifacts)),
  };
}

function hookContext(runId: string, name: string, plan: Plan, stack: Stack): PipelineHookContext {
  return { runId, name, pipeline: plan.pipeline, parameters: plan.parameters, stack };
}

/** Lets the orchestrator run the plan, and ends the steps that it left. Returns what went wrong with it. */
async function orchestrate(
  plan: Plan,
  executor: PipelineExecutor,
  stack: Stack,
  context: RunContext,
): Promise<{ readonly error: unknown } | undefined> {
  using _capture = holdCapture();
  let failure: { readonly error: unknown } | undefined;
  try {
    await stack.orchestrator.runPlan(plan, context);
  } catch (error) {
    failure = { error };
  }
  const { left } = executor;
  if (left.length === 0) return failure;
  const names = left.map((name) => `"${name}"`).join(', ');
  const message = `The ${stack.orchestrator} ended without running ${names}.`;
  failure ??= { error: new StackError({ code: 'INTERNAL', message }) };
  try {
    await executor.leave(failure.error, `the ${stack.orchestrator} did not run it`);
  } catch {
    // The states cannot be recorded, and neither can the end of the run: the first error is the one to tell.
    throw failure.error;
  }
  return failure;
}

/** Whether it says that nothing can be recorded now, and may be later. */
function isStoreAway(error: unknown): error is StackError {
  return StackError.is(error, 'STORE_UNAVAILABLE') || StackError.is(error, 'NO_SPACE');
}

function interruptedError(name: string, cause: StackError): StackError {
  return new StackError({
    code: cause.code,
    message: `The run "${name}" was interrupted, since its state cannot be recorded. ${cause.message}`,
    hint: `Once it can, go on from there: stack run resume ${name}`,
    cause,
  });
}

interface RunEnd {
  readonly state: Exclude<RunState, 'running'>;
  readonly error?: RecordedError;
  readonly cause?: unknown;
}

function endOf(
  executor: PipelineExecutor,
  failure: { readonly error: unknown } | undefined,
  signal: AbortSignal,
): RunEnd {
  const [failed] = executor.errors;
  if (failed !== undefined) {
    const [step, cause] = failed;
    const { message, hint } = recordedError(cause);
    const error: RecordedError = {
      code: 'RUN_FAILED',
      message: `The step "${step}" failed: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    };
    return { state: 'failed', error, cause };
  }
  const { isComplete } = executor;
  if (signal.aborted && !isComplete) {
    const { reason } = signal;
    if (!StackError.is(reason, 'RUN_FAILED')) return { state: 'cancelled' };
    return { state: 'failed', error: recordedError(reason), cause: reason };
  }
  if (failure !== undefined) return { state: 'failed', error: recordedError(failure.error), cause: failure.error };
  if (isComplete) return { state: 'completed' };
  return { state: 'failed', error: { code: 'RUN_FAILED', message: 'Not every step was run.' } };
}

function runError(run: {
  readonly name: string;
  readonly runId: string;
  readonly state: RunState;
  readonly plan: Plan;
  readonly error: RecordedError | undefined;
  readonly cause: unknown;
  readonly recordedIn: RunRecording;
}): StackError {
  const { name, runId, state, plan, error, cause, recordedIn } = run;
  const subject = `The run "${name}" (${runId}) of the pipeline "${plan.pipeline}"`;
  const hint = recordedIn === 'store' ? `See what happened: stack run describe ${name}` : undefined;
  if (state === 'cancelled') return new StackError({ code: 'ABORTED', message: `${subject} was cancelled.`, hint });
  const detail = error === undefined ? '.' : `. ${error.message}`;
  return new StackError({
    code: 'RUN_FAILED',
    message: `${subject} failed${detail}`,
    hint: error?.hint ?? hint,
    cause,
  });
}

async function loadOutput(
  plan: Plan,
  artifacts: RunArtifacts,
  stepName: string,
  output: string | undefined,
): Promise<unknown> {
  const ofStep = parseItemName(stepName)?.step ?? stepName;
  const step = plan.steps.find(({ name }) => name === ofStep);
  if (step === undefined) {
    const names = plan.steps.map(({ name }) => name);
    throw new StackError({
      code: 'STEP_NOT_FOUND',
      message: `The pipeline "${plan.pipeline}" has no step "${stepName}".`,
      hint: didYouMean(stepName, names) ?? `It has ${names.join(', ')}.`,
    });
  }
  const wanted = output ?? (step.outputs.length === 1 ? step.outputs[0] : undefined);
  if (wanted === undefined || !step.outputs.includes(wanted)) {
    const others = `The step "${stepName}" has the outputs ${step.outputs.join(', ')}`;
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: wanted === undefined ? `${others}: one of them has to be named.` : `${others}, and no "${wanted}".`,
      hint: wanted === undefined ? undefined : didYouMean(wanted, step.outputs),
    });
  }
  const record = findOutput(await artifacts.stepArtifacts.of(stepName), stepName, wanted);
  return loadArtifact(artifacts.stack.artifactStore, record, artifacts.materializers);
}

const channel = diagnosticsChannel.channel(runEventChannel);

function tellerOf(runId: string, onEvent: (event: RunEvent) => void): TellEvent {
  return (untold) => {
    const event = { runId, ...untold } as RunEvent;
    // What a subscriber throws is an uncaught error of the process, as with every channel.
    if (channel.hasSubscribers) outsideSteps(() => channel.publish(event));
    try {
      outsideSteps(() => onEvent(event));
    } catch (error) {
      // Who watches a run cannot make it fail.
      process.emitWarning(`A listener of the run ${runId} threw: ${recordedError(error).message}`);
    }
  };
}

function printStepOutput(event: RunEvent): void {
  if (event.type !== 'step-log') return;
  const { level, text } = event.line;
  console[level]('%s', text);
}

function defaultRunName(pipelineName: string, runId: string): string {
  const [date, time = ''] = new Date().toISOString().split(/[T.]/);
  // A name has at most 100 characters.
  return `${pipelineName.slice(0, 70)}-${date}-${time.replaceAll(':', '')}-${runId.slice(0, 6)}`;
}
