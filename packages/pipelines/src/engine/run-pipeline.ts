import { randomUUID } from 'node:crypto';
import diagnosticsChannel from 'node:diagnostics_channel';
import {
  checkName,
  didYouMean,
  type Plan,
  type PlanInput,
  type Problem,
  type RecordedError,
  type RunContext,
  type RunState,
  type RunStore,
  resolveRunSettings,
  type Stack,
  StackError,
  type StepRunRecord,
} from '@stack/core';
import type { Materializer } from '../artifacts/materializer.ts';
import { planCode } from '../code-identity/plan-code.ts';
import { outsideSteps } from '../logs/output-capture.ts';
import { deepFreeze } from '../pipeline/deep-freeze.ts';
import type { StepDefinition } from '../step/step.ts';
import { HookMetadata } from './component-hooks.ts';
import { findOutput, listStepArtifacts, loadInput, type RunArtifacts } from './load-inputs.ts';
import { parseItemName } from './mapped-items.ts';
import { maskedPlan } from './masked-plan.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import { PipelineExecutor } from './pipeline-executor.ts';
import { callPipelineHook, type PipelineHookContext, type PipelineHooks } from './pipeline-hooks.ts';
import { recordedError } from './recorded-error.ts';
import { type RunEvent, type RunRecording, runEventChannel, type TellEvent } from './run-event.ts';

export interface RunOptions {
  readonly stack: Stack;
  /** Where the run is recorded. Default: in memory, which the result and the first event say. */
  readonly runStore?: RunStore | undefined;
  /** Unique in the run store. Default: `<pipeline>-<date>-<time>-<beginning of the id>`, in UTC. */
  readonly name?: string | undefined;
  /** Cancels the run when aborted; fails it when the reason is a `StackError` `RUN_FAILED`. */
  readonly signal?: AbortSignal | undefined;
  /** Told what happens, as it happens. Default: prints what steps print. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Whether a run that does not complete is an error of `run`. Default `true`. */
  readonly throwOnFailure?: boolean | undefined;
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
  /** What the function returned; `undefined` for nothing. */
  readonly result: PlanInput | undefined;
  readonly materializers: readonly Materializer[];
  readonly hooks: PipelineHooks;
  /** The name that the run config gives the run. */
  readonly runName: string | undefined;
  /** What is wrong with the run config, to be told together with what is wrong with its settings on the stack. */
  readonly problems: readonly Problem[];
}

export async function runPipeline(compiled: CompiledPipeline, options: RunOptions): Promise<PipelineRun> {
  const { definitions, materializers } = compiled;
  const { stack, runStore = new MemoryRunStore() } = options;
  const runId = randomUUID();
  const name = options.name ?? compiled.runName ?? defaultRunName(compiled.plan.pipeline, runId);
  checkName('run', name);
  const settings = await resolveRunSettings(stack, compiled.plan, compiled.problems);
  // What is kept in memory can be of no use to another run.
  const plan = deepFreeze(options.runStore === undefined ? settings.plan : await planCode(settings.plan, definitions));
  const recordedIn = options.runStore === undefined ? 'memory' : 'store';
  const tell = tellerOf(runId, options.onEvent ?? printStepOutput);
  const startedAt = performance.now();

  const hooks = new HookMetadata();
  await hooks.askRun(stack, (component) => ({ runId, pipeline: plan.pipeline, settings: settings.ofRun(component) }));
  const shown = deepFreeze(maskedPlan(plan));
  const start = { id: runId, name, stack: stack.name, plan: shown, metadata: hooks.metadata };
  await using lease = await runStore.startRun(start);
  const signal = AbortSignal.any([lease.lost, ...(options.signal === undefined ? [] : [options.signal])]);
  tell({ type: 'run-started', name, stack: stack.name, plan: shown, recordedIn });

  const told: PipelineHookContext = { runId, name, pipeline: plan.pipeline, parameters: plan.parameters, stack };
  await callPipelineHook('onStart', () => compiled.hooks.onStart?.(told));
  const artifacts: RunArtifacts = { runId, runStore, stack, materializers };
  const executor = new PipelineExecutor({ ...artifacts, lease, plan, definitions, settings, tell });
  const failure = await orchestrate(plan, executor, stack, {
    runId,
    executor,
    signal,
    settings: settings.ofRun(stack.orchestrator),
    stepSettings: (step) => settings.ofStep(step, stack.orchestrator),
  });
  const { state, error, cause } = endOf(executor, failure, signal);
  if (state === 'completed') await callPipelineHook('onSuccess', () => compiled.hooks.onSuccess?.(told));
  if (state === 'failed') await callPipelineHook('onFailure', () => compiled.hooks.onFailure?.(told, cause));
  await runStore.endRun(lease, { state, ...(error === undefined ? {} : { error }) });
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

/** Lets the orchestrator run the plan, and ends the steps that it left. Returns what went wrong with it. */
async function orchestrate(
  plan: Plan,
  executor: PipelineExecutor,
  stack: Stack,
  context: RunContext,
): Promise<{ readonly error: unknown } | undefined> {
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
    const { message } = recordedError(cause);
    return { state: 'failed', error: { code: 'RUN_FAILED', message: `The step "${step}" failed: ${message}` }, cause };
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
  return new StackError({ code: 'RUN_FAILED', message: `${subject} failed${detail}`, hint, cause });
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
  const record = findOutput(await listStepArtifacts(artifacts, stepName), stepName, wanted);
  return loadInput({ kind: 'output', step: record.step, output: record.output }, artifacts);
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
