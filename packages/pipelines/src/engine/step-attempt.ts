import {
  type JsonObject,
  type NewArtifact,
  type Plan,
  type PlanStep,
  type RunSettings,
  StackError,
  type StepRunInfo,
} from '@stack/core';
import { type ArtifactOrigin, storeArtifact } from '../artifacts/artifact-content.ts';
import { outputName } from '../artifacts/artifact-name.ts';
import { keepStreams } from '../artifacts/byte-stream.ts';
import type { ObjectPlaces } from '../artifacts/object-places.ts';
import { ValueScope } from '../artifacts/value-scope.ts';
import type { MappedItem } from '../cache/step-cache.ts';
import type { LineLog } from '../logs/line-log.ts';
import { captureOutput } from '../logs/output-capture.ts';
import { runProgram } from '../programs/run-program.ts';
import type { StepDefinition } from '../step/step.ts';
import type { StepContext } from '../step/step-context.ts';
import { orAbandon } from './abandon.ts';
import { componentsWith, HookMetadata, type InfoFor } from './component-hooks.ts';
import { loadInputs, type RunArtifacts } from './load-inputs.ts';
import { StepJournal, type StepRecords, type ValueHandling } from './step-journal.ts';

/** What running attempts of the steps of a run takes, in whatever process that is. */
export interface AttemptRunnerOptions extends RunArtifacts {
  readonly plan: Plan;
  /** The function of each step, by its name in the plan. */
  readonly definitions: ReadonlyMap<string, StepDefinition>;
  readonly settings: RunSettings;
}

/** One attempt of a step, or of an item of one that is mapped. */
export interface StepAttempt {
  /** Name of the step run. */
  readonly name: string;
  readonly step: PlanStep;
  readonly attempt: number;
  /** Whether the step fails with this attempt. */
  readonly isLast: boolean;
  /** Loads what inputs of the kind `item` stand for. */
  readonly loadItem: MappedItem['load'] | undefined;
  /** Paths in the artifact store whose bytes are known to be wrong: they are replaced. */
  readonly damaged: ReadonlySet<string>;
}

export type AttemptEnd =
  | ({ readonly outcome: 'completed' } & StepRecords)
  | { readonly outcome: 'failed'; readonly error: unknown; readonly metadata: JsonObject }
  | { readonly outcome: 'cancelled' };

export type AttemptResult = AttemptEnd & {
  /** Whether the step has read the parameters of the pipeline. */
  readonly hasReadParameters: boolean;
};

/** What the context of an attempt is made of. */
interface ContextParts {
  readonly handling: ValueHandling;
  readonly journal: StepJournal;
  readonly onReadParameters: () => void;
}

/** How an attempt ended elsewhere that did not end well. */
interface GivenUp {
  /** `undefined` for one that was cancelled. */
  readonly failure: unknown;
  /** Whether the components have not cleaned up yet. */
  readonly isCleanUpDue: boolean;
  readonly runSignal: AbortSignal;
}

/** Runs attempts of steps in this process, with the hooks around them. It records nothing. */
export class AttemptRunner {
  readonly #options: AttemptRunnerOptions;
  readonly #places: ObjectPlaces;

  constructor(options: AttemptRunnerOptions, places: ObjectPlaces) {
    this.#options = options;
    this.#places = places;
  }

  async run(attempt: StepAttempt, log: LineLog, runSignal: AbortSignal): Promise<AttemptResult> {
    const { stack } = this.#options;
    const { step } = attempt;
    using limit = limitTime(step, runSignal);
    const { hooks } = this.#definition(step.name);
    let hasReadParameters = false;
    const onReadParameters = () => {
      hasReadParameters = true;
    };
    await using scope = new ValueScope();
    const handling = this.#handling(attempt, log, scope, limit.signal);
    const journal = new StepJournal(this.#options, { name: attempt.name, step, handling });
    const context = this.#context(attempt, log, { handling, journal, onReadParameters });
    const infoFor = this.#infoFor(attempt);
    const metadata = new HookMetadata();
    let failed = true;
    let artifacts: readonly NewArtifact[] = [];
    let failure: unknown;
    try {
      await captureOutput(log, async () => {
        for (const component of componentsWith('prepareStepRun', stack)) {
          await orAbandon(component.prepareStepRun(infoFor(component)), limit.signal);
        }
        if (attempt.attempt === 1) await metadata.callHook('onStart', limit.signal, hooks.onStart, context);
      });
      artifacts = await this.#produce(attempt, context, log, { handling, journal });
      failed = false;
    } catch (error) {
      // What a step throws that was told to stop says less than why it was.
      failure = limit.signal.aborted ? limit.signal.reason : error;
    }
    await captureOutput(log, async () => {
      if (!failed) await metadata.callHook('onSuccess', limit.signal, hooks.onSuccess, context);
      else if (attempt.isLast && !runSignal.aborted) {
        await metadata.callHook('onFailure', runSignal, hooks.onFailure, context, failure);
      }
      await metadata.askStep(stack, infoFor, runSignal);
      await metadata.cleanUp(stack, infoFor, { failed });
    });
    const records = journal.end(artifacts, metadata.metadata);
    if (!failed) return { outcome: 'completed', ...records, hasReadParameters };
    if (runSignal.aborted) return { outcome: 'cancelled', hasReadParameters };
    return { outcome: 'failed', error: failure, metadata: metadata.metadata, hasReadParameters };
  }

  /** Calls the hooks that an attempt that ended elsewhere could not call itself. Returns what is kept of them. */
  async giveUp(attempt: StepAttempt, log: LineLog, { failure, isCleanUpDue, runSignal }: GivenUp): Promise<JsonObject> {
    const { stack, definitions } = this.#options;
    const { hooks } = definitionOf(definitions, attempt.step.name);
    await using scope = new ValueScope();
    const signal = AbortSignal.abort(failure);
    const handling = this.#handling(attempt, log, scope, signal);
    const journal = new StepJournal(this.#options, { ...attempt, handling });
    const context = this.#context(attempt, log, { handling, journal, onReadParameters: () => {} });
    const metadata = new HookMetadata();
    await captureOutput(log, async () => {
      if (failure !== undefined && attempt.isLast) {
        await metadata.callHook('onFailure', runSignal, hooks.onFailure, context, failure);
      }
      if (isCleanUpDue) await metadata.cleanUp(stack, this.#infoFor(attempt), { failed: true });
    });
    return metadata.metadata;
  }

  #handling({ damaged }: StepAttempt, log: LineLog, scope: ValueScope, signal: AbortSignal): ValueHandling {
    const { recent } = this.#options;
    return { scope, signal, damaged, places: this.#places, recent, warn: (message) => log.write('warn', message) };
  }

  #infoFor({ name, step, attempt }: StepAttempt): InfoFor<StepRunInfo> {
    const { runId, plan, settings } = this.#options;
    return (component) => ({
      runId,
      pipeline: plan.pipeline,
      step: name,
      attempt,
      settings: settings.ofStep(step.name, component),
    });
  }

  #context(
    { name, attempt }: StepAttempt,
    log: LineLog,
    { handling: { scope, signal }, journal, onReadParameters }: ContextParts,
  ): StepContext {
    const { runId, plan, stack } = this.#options;
    return {
      runId,
      step: name,
      attempt,
      stack,
      get temporaryFolder() {
        return scope.temporaryFolder;
      },
      get parameters() {
        onReadParameters();
        return plan.parameters;
      },
      log: log.logger,
      signal,
      spawn: (program, words = [], options = {}) =>
        runProgram(program, words, options, { signal, openLog: (level) => log.openStream(level) }),
      saveArtifact: journal.saveArtifact,
      loadArtifact: journal.loadArtifact,
      logMetadata: journal.logMetadata,
    };
  }

  /** Loads the inputs, calls the function, and stores what it returns. */
  async #produce(
    { name, step, loadItem }: StepAttempt,
    context: StepContext,
    log: LineLog,
    { handling, journal }: Pick<ContextParts, 'handling' | 'journal'>,
  ): Promise<readonly NewArtifact[]> {
    const { stack, materializers } = this.#options;
    const { scope, signal } = handling;
    const definition = this.#definition(step.name);
    const ofItem = async () => loadItem?.({ signal, scope });
    const input = await loadInputs(step, this.#options, { signal, scope, loadItem: ofItem });
    signal.throwIfAborted();
    const running = captureOutput(log, async () => {
      const value = await definition.run(input, context);
      await journal.settle();
      return value;
    });
    const result = await orAbandon(running, signal);
    signal.throwIfAborted();
    const values = step.outputs.map((output) =>
      definition.outputs === undefined ? result : namedOutput(step, result, output),
    );
    using _streams = keepStreams(values);
    const artifacts: NewArtifact[] = [];
    for (const [index, output] of step.outputs.entries()) {
      const origin = originOf(this.#options, name, output);
      const options = { ...handling, output: definition.outputOptions.get(output) };
      artifacts.push(await storeArtifact(stack.artifactStore, values[index], materializers, origin, options));
    }
    return artifacts;
  }

  #definition(name: string): StepDefinition {
    return definitionOf(this.#options.definitions, name);
  }
}

/** What the artifact of an output is called, and who stores it. */
export function originOf(
  { runId, plan }: Pick<AttemptRunnerOptions, 'runId' | 'plan'>,
  step: string,
  output: string,
): ArtifactOrigin {
  return { name: outputName(plan.pipeline, step, output), runId, step, output };
}

/** The function of a step of the plan. */
export function definitionOf(definitions: ReadonlyMap<string, StepDefinition>, step: string): StepDefinition {
  const definition = definitions.get(step);
  if (definition !== undefined) return definition;
  throw new StackError({ code: 'INTERNAL', message: `The step "${step}" of the plan has no function.` });
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

/** Why an attempt failed that did not end within the timeout of its step. */
export function tookTooLong({ name, timeout }: PlanStep): StackError {
  const message = `The step "${name}" took longer than ${timeout} ms.`;
  return new StackError({ code: 'TIMEOUT', message, hint: 'Raise its timeout, or let it do less.' });
}

/** A signal that is aborted with the run's, and when the time of an attempt is over. */
function limitTime(step: PlanStep, run: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const { timeout } = step;
  if (timeout === undefined) return { signal: run, [Symbol.dispose]: () => {} };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(tookTooLong(step)), timeout);
  return { signal: AbortSignal.any([run, controller.signal]), [Symbol.dispose]: () => clearTimeout(timer) };
}
