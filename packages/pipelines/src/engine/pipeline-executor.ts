import {
  type ArtifactRecord,
  type JsonObject,
  maskSecrets,
  type Plan,
  type PlanStep,
  type RunFence,
  type RunSettings,
  StackError,
  type StepExecutor,
  type StepOutcome,
  type StepRunInfo,
} from '@stack/core';
import { storeArtifact } from '../artifacts/artifact-content.ts';
import { captureOutput } from '../logs/output-capture.ts';
import { StepLog } from '../logs/step-log.ts';
import { runProgram } from '../programs/run-program.ts';
import type { StepDefinition } from '../step/step.ts';
import type { StepContext } from '../step/step-context.ts';
import { HookMetadata, type InfoFor } from './component-hooks.ts';
import { loadInputs, type RunArtifacts } from './load-inputs.ts';
import { recordedError } from './recorded-error.ts';
import type { TellEvent } from './run-event.ts';

/** How long a cancelled step may take to stop, in milliseconds. Then the run goes on without it. */
const cancellationGrace = 5_000;
const cancelledReason = 'the run was cancelled';

export interface ExecutorOptions extends RunArtifacts {
  readonly plan: Plan;
  /** By which the state of the run is written. */
  readonly lease: RunFence;
  /** The function of each step, by its name in the plan. */
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly settings: RunSettings;
  readonly tell: TellEvent;
}

type AttemptResult =
  | { readonly outcome: 'completed'; readonly artifacts: readonly ArtifactRecord[]; readonly metadata: JsonObject }
  | { readonly outcome: 'failed'; readonly error: unknown; readonly metadata: JsonObject }
  | { readonly outcome: 'cancelled' };

/** The engine: runs the steps of one run in this process. */
export class PipelineExecutor implements StepExecutor {
  readonly #options: ExecutorOptions;
  readonly #steps: ReadonlyMap<string, PlanStep>;
  readonly #started = new Set<string>();
  readonly #outcomes = new Map<string, StepOutcome | 'skipped'>();
  readonly #errors = new Map<string, unknown>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#steps = new Map(options.plan.steps.map((step) => [step.name, step]));
  }

  /** How each step ended that has ended. */
  get outcomes(): ReadonlyMap<string, StepOutcome | 'skipped'> {
    return this.#outcomes;
  }

  /** What each failed step threw, in the order of failing. */
  get errors(): ReadonlyMap<string, unknown> {
    return this.#errors;
  }

  async execute(name: string, { signal }: { readonly signal: AbortSignal }): Promise<StepOutcome> {
    const { runId, stack, tell } = this.#options;
    const step = this.#step(name);
    this.#started.add(name);
    const startedAt = performance.now();
    const log = new StepLog({
      store: stack.artifactStore,
      runId,
      step: name,
      onLine: (line) => tell({ type: 'step-log', step: name, line }),
      onError: (error) => tell({ type: 'step-log-failed', step: name, error: recordedError(error) }),
    });
    const result = await this.#runAttempts(step, log, signal);
    await log.close();
    return this.#end(name, result, performance.now() - startedAt);
  }

  async skip(name: string, why: string): Promise<void> {
    const { lease, runStore, tell } = this.#options;
    this.#step(name);
    const reason = maskSecrets(why);
    await runStore.recordStep(lease, name, { state: 'skipped', reason });
    this.#outcomes.set(name, 'skipped');
    tell({ type: 'step-skipped', step: name, reason });
  }

  /** Records the end of a step that the orchestrator has left without one: failed when it had started, else skipped. */
  async leave(name: string, error: unknown, reason: string): Promise<void> {
    if (!this.#started.has(name)) return this.skip(name, reason);
    await this.#end(name, { outcome: 'failed', error, metadata: {} }, 0);
  }

  async #runAttempts(step: PlanStep, log: StepLog, signal: AbortSignal): Promise<AttemptResult> {
    const { lease, runStore, tell } = this.#options;
    const { name, attempts } = step;
    for (let attempt = 1; !signal.aborted; attempt++) {
      await runStore.recordStep(lease, name, { state: 'running', attempt });
      tell({ type: 'step-started', step: name, attempt, attempts });
      const result = await this.#runAttempt(step, attempt, log, signal);
      if (result.outcome !== 'failed') return result;
      const error = recordedError(result.error);
      const which = attempts === 1 ? '' : `Attempt ${attempt} of ${attempts}: `;
      log.write('error', `${which}${error.stack ?? error.message}`);
      if (attempt >= attempts) return result;
      tell({ type: 'step-retrying', step: name, attempt, attempts, error });
    }
    return { outcome: 'cancelled' };
  }

  async #runAttempt(step: PlanStep, attempt: number, log: StepLog, signal: AbortSignal): Promise<AttemptResult> {
    const { runId, plan, stack, settings } = this.#options;
    const infoFor: InfoFor<StepRunInfo> = (component) => ({
      runId,
      pipeline: plan.pipeline,
      step: step.name,
      attempt,
      settings: settings.ofStep(step.name, component),
    });
    const hooks = new HookMetadata();
    let failed = true;
    let artifacts: readonly ArtifactRecord[] = [];
    let failure: unknown;
    try {
      await captureOutput(log, async () => {
        for (const component of stack.components) await component.prepareStepRun(infoFor(component));
      });
      artifacts = await this.#produce(step, attempt, log, signal);
      failed = false;
    } catch (error) {
      failure = error;
    }
    await captureOutput(log, async () => {
      await hooks.askStep(stack, infoFor);
      await hooks.cleanUp(stack, infoFor, { failed });
    });
    if (!failed) return { outcome: 'completed', artifacts, metadata: hooks.metadata };
    if (signal.aborted) return { outcome: 'cancelled' };
    return { outcome: 'failed', error: failure, metadata: hooks.metadata };
  }

  /** Loads the inputs, calls the function, and stores what it returns. */
  async #produce(
    step: PlanStep,
    attempt: number,
    log: StepLog,
    signal: AbortSignal,
  ): Promise<readonly ArtifactRecord[]> {
    const { runId, plan, stack, materializers } = this.#options;
    const definition = this.#definition(step.name);
    const input = await loadInputs(step, this.#options, { signal });
    signal.throwIfAborted();
    const context: StepContext = {
      runId,
      step: step.name,
      attempt,
      stack,
      parameters: plan.parameters,
      log: log.logger,
      signal,
      spawn: (program, words = [], options = {}) =>
        runProgram(program, words, options, { signal, openLog: (level) => log.openStream(level) }),
    };
    const running = captureOutput(log, async () => definition.run(input, context));
    const result = await orAbandon(running, signal);
    signal.throwIfAborted();
    const artifacts: ArtifactRecord[] = [];
    for (const output of step.outputs) {
      const value = definition.outputs === undefined ? result : namedOutput(step, result, output);
      const origin = { runId, step: step.name, output };
      artifacts.push(await storeArtifact(stack.artifactStore, value, materializers, origin, { signal }));
    }
    return artifacts;
  }

  async #end(step: string, result: AttemptResult, duration: number): Promise<StepOutcome> {
    const { lease, runStore, tell } = this.#options;
    switch (result.outcome) {
      case 'completed': {
        const { artifacts, metadata } = result;
        await runStore.recordStep(lease, step, { state: 'completed', artifacts, metadata });
        tell({ type: 'step-completed', step, duration, artifacts });
        break;
      }
      case 'failed': {
        const error = recordedError(result.error);
        await runStore.recordStep(lease, step, { state: 'failed', error, metadata: result.metadata });
        this.#errors.set(step, result.error);
        tell({ type: 'step-failed', step, duration, error });
        break;
      }
      case 'cancelled':
        await runStore.recordStep(lease, step, { state: 'cancelled', reason: cancelledReason });
        tell({ type: 'step-cancelled', step, duration, reason: cancelledReason });
    }
    this.#outcomes.set(step, result.outcome);
    return result.outcome;
  }

  #step(name: string): PlanStep {
    const step = this.#steps.get(name);
    if (step !== undefined) return step;
    throw new StackError({
      code: 'STEP_NOT_FOUND',
      message: `The pipeline "${this.#options.plan.pipeline}" has no step "${name}".`,
    });
  }

  #definition(name: string): StepDefinition {
    const definition = this.#options.definitions.get(name);
    if (definition !== undefined) return definition;
    throw new StackError({ code: 'INTERNAL', message: `The step "${name}" of the plan has no function.` });
  }
}

function namedOutput(step: PlanStep, result: unknown, output: string): unknown {
  if (typeof result === 'object' && result !== null && output in result) {
    return (result as Readonly<Record<string, unknown>>)[output];
  }
  throw new StackError({
    code: 'STEP_FAILED',
    message: `The step "${step.name}" declares the output "${output}", and did not return it.`,
    hint: `Return an object with ${step.outputs.join(', ')}.`,
  });
}

/** The result of a step, unless it is cancelled and does not stop in time: JavaScript cannot stop it from outside. */
async function orAbandon<Result>(running: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const abandoned = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abandon = () => {
    timer = setTimeout(() => abandoned.reject(signal.reason), cancellationGrace);
  };
  signal.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([running, abandoned.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abandon);
  }
}
