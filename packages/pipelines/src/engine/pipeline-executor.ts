import {
  type ArtifactRecord,
  backOff,
  type ExecuteOptions,
  maskSecrets,
  type NewArtifact,
  type PlanStep,
  type RunFence,
  StackError,
  type StepCaching,
  type StepExecutor,
  type StepHost,
  type StepOutcome,
  type StepRunRecord,
} from '@stack/core';
import { type ArtifactList, storeItemList } from '../artifacts/artifact-content.ts';
import { ObjectPlaces } from '../artifacts/object-places.ts';
import { type CacheAnswer, type CachedStep, type MappedItem, StepCache } from '../cache/step-cache.ts';
import { StepLog } from '../logs/step-log.ts';
import { referencedOutputs } from '../pipeline/referenced-outputs.ts';
import { runAttemptElsewhere } from './attempt-elsewhere.ts';
import { findOutput, loadInput } from './load-inputs.ts';
import { itemName, openMappedList, parseItemName } from './mapped-items.ts';
import { recordedError, unrecordedError } from './recorded-error.ts';
import type { TellEvent } from './run-event.ts';
import type { PutOutArtifacts } from './step-artifacts.ts';
import {
  type AttemptEnd,
  type AttemptResult,
  AttemptRunner,
  type AttemptRunnerOptions,
  definitionOf,
  originOf,
  type StepAttempt,
} from './step-attempt.ts';
import { type Hindrance, StepGate } from './step-gate.ts';
import { takenInputs } from './taken-inputs.ts';

export interface ExecutorOptions extends AttemptRunnerOptions {
  /** By which the state of the run is written. */
  readonly lease: RunFence;
  /** What is recorded of the steps of a run that goes on. */
  readonly recorded: readonly StepRunRecord[];
  readonly tell: TellEvent;
}

type StepResult = AttemptEnd & { readonly caching?: StepCaching | undefined };

/** A step of the plan, or an item of one that is mapped. */
interface Execution {
  /** Name of the step run. */
  readonly name: string;
  readonly step: PlanStep;
  /** Place in the list; `undefined` for a step as a whole. */
  readonly item: number | undefined;
}

/** Where the attempts of a step run, and what they are given there. */
interface AttemptPlace {
  readonly log: StepLog;
  readonly signal: AbortSignal;
  /** `undefined` for this process. */
  readonly host: StepHost | undefined;
}

/** A step that was recorded as running with the end of the one before it, and is to be executed next. */
interface EarlyStart {
  readonly step: string;
  readonly attempt: number;
  readonly cachingOf: (hasReadParameters: boolean) => StepCaching | undefined;
}

/** What comes after a step. */
interface Succession {
  readonly signal: AbortSignal;
  /** Says which step is executed next, the same each time. */
  readonly next: () => string | undefined;
}

/** The items of a mapped step in this run. */
interface Expansion {
  /** Names of their step runs. */
  readonly items: readonly string[];
  readonly list: ArtifactList;
  /** Of the items that have completed. */
  readonly artifacts: Map<string, readonly ArtifactRecord[]>;
}

/** The engine: runs the steps of one run in this process. */
export class PipelineExecutor implements StepExecutor {
  readonly #options: ExecutorOptions;
  readonly #steps: ReadonlyMap<string, PlanStep>;
  readonly #gate: StepGate;
  /** Of a run that goes on, by the name of the step run. */
  readonly #recorded: ReadonlyMap<string, StepRunRecord>;
  readonly #started = new Set<string>();
  readonly #errors = new Map<string, unknown>();
  readonly #cache: StepCache;
  readonly #places: ObjectPlaces;
  /** The last attempt that was begun here, by the name of the step run. */
  readonly #begun = new Map<string, number>();
  readonly #early = new Map<string, EarlyStart>();
  /** How often a step run has to be repeated because what it had stored was removed. */
  readonly #repeats = new Map<string, number>();
  readonly #attempts: AttemptRunner;
  /** Of each mapped step that was expanded and has not ended. */
  readonly #expansions = new Map<string, Expansion>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#cache = new StepCache(options, options.plan);
    this.#places = new ObjectPlaces(options.runStore);
    this.#attempts = new AttemptRunner(options, this.#places);
    this.#steps = new Map(options.plan.steps.map((step) => [step.name, step]));
    this.#gate = new StepGate(options.plan);
    this.#recorded = new Map(options.recorded.map((record) => [record.step, record]));
    for (const { step, state, error } of options.recorded) {
      if (state !== 'completed' && state !== 'failed' && state !== 'cancelled') continue;
      if (error !== undefined) this.#errors.set(step, unrecordedError(error));
      this.#gate.end(step, state);
    }
  }

  /** Whether all steps have ended well. */
  get isComplete(): boolean {
    return this.#gate.isComplete;
  }

  /** What each failed step threw, in the order of failing. */
  get errors(): ReadonlyMap<string, unknown> {
    return this.#errors;
  }

  async execute(name: string, { signal: runSignal, host, next }: ExecuteOptions): Promise<StepOutcome> {
    const execution = this.#execution(name);
    const signal = this.#gate.signalOf(runSignal);
    const startedAt = performance.now();
    const hasStarted = this.#expansions.has(name) || this.#early.has(name);
    const ended = this.#gate.outcome(name) ?? (hasStarted ? undefined : await this.#endEarly(execution, signal));
    if (ended !== undefined) return ended;
    const succession: Succession = { signal, next: once(() => next?.()) };
    for (;;) {
      const result = await this.#run(execution, signal, host);
      try {
        return await this.#end(execution, result, performance.now() - startedAt, succession);
      } catch (error) {
        if (!StackError.is(error, 'ARTIFACT_COLLECTED')) throw error;
        // Its bytes had been stored long ago, and were removed as garbage before anything referred to them.
        this.#places.refresh();
        this.#repeats.set(name, (this.#repeats.get(name) ?? 0) + 1);
      }
    }
  }

  async expand(name: string, { signal: runSignal }: { readonly signal: AbortSignal }): Promise<readonly string[]> {
    const { lease, runStore, stepArtifacts, tell } = this.#options;
    const execution = this.#execution(name);
    const { map } = execution.step;
    const signal = this.#gate.signalOf(runSignal);
    if (map === undefined || this.#gate.outcome(name) !== undefined) return [];
    if ((await this.#endEarly(execution, signal)) !== undefined) return [];
    let list: ArtifactList;
    try {
      list = await openMappedList(map, this.#options, signal);
    } catch (error) {
      await this.#end(execution, { outcome: 'failed', error, metadata: {} }, 0);
      return [];
    }
    const items = Array.from({ length: list.length }, (_, index) => itemName(name, index));
    await runStore.recordItems(lease, name, items);
    this.#started.add(name);
    const artifacts = new Map<string, readonly ArtifactRecord[]>();
    for (const item of items) {
      if (this.#gate.outcome(item) === 'completed') artifacts.set(item, await stepArtifacts.of(item));
    }
    this.#expansions.set(name, { items, list, artifacts });
    tell({ type: 'step-expanded', step: name, items: items.length });
    return items;
  }

  /**
   * Records the ends of the steps that the orchestrator has left without one: failed when it had started, else skipped.
   *
   * @returns their names
   */
  async leave(error: unknown, reason: string): Promise<void> {
    for (const name of this.left) {
      if (this.#started.has(name)) {
        await this.#end(this.#execution(name), { outcome: 'failed', error, metadata: {} }, 0);
      } else {
        await this.#skip(name, { end: 'skipped', reason });
      }
    }
  }

  /** The steps and items that have not ended. */
  get left(): readonly string[] {
    const items = [...this.#expansions.values()].flatMap((expansion) => expansion.items);
    return [...items, ...this.#steps.keys()].filter((name) => this.#gate.outcome(name) === undefined);
  }

  /** Ends a step that must not run. Returns its end; `undefined` when it is to run. */
  async #endEarly(execution: Execution, signal: AbortSignal): Promise<StepOutcome | undefined> {
    try {
      const hindrance = this.#gate.hindrance(execution.step, signal) ?? (await this.#unmetCondition(execution, signal));
      return hindrance === undefined ? undefined : await this.#skip(execution.name, hindrance);
    } catch (error) {
      return this.#end(execution, { outcome: 'failed', error, metadata: {} }, 0);
    }
  }

  async #unmetCondition({ step, item }: Execution, signal: AbortSignal): Promise<Hindrance | undefined> {
    if (step.condition === undefined || item !== undefined) return undefined;
    const { input, expected } = step.condition;
    const value = await loadInput(input, this.#options, { signal });
    const source = referencedOutputs(input)
      .map((part) => `the output "${part.output}" of the step "${part.step}"`)
      .join();
    if (typeof value === 'boolean') {
      return value === expected ? undefined : { end: 'bypassed', reason: `${source} is ${value}` };
    }
    throw new StackError({
      code: 'STEP_FAILED',
      message: `The condition of the step "${step.name}", ${source}, is neither true nor false.`,
      hint: 'Let that step return a boolean.',
    });
  }

  async #skip(step: string, { end, reason: why }: Hindrance): Promise<StepOutcome> {
    const { lease, runStore, tell } = this.#options;
    const reason = maskSecrets(why);
    // Of a step that was skipped before a run went on it was found out again in which way.
    if (this.#recorded.get(step)?.state === 'skipped') {
      this.#gate.end(step, end);
      return 'skipped';
    }
    await runStore.recordStep(lease, step, { state: 'skipped', reason });
    this.#gate.end(step, end);
    tell({ type: 'step-skipped', step, reason });
    return 'skipped';
  }

  async #run(execution: Execution, signal: AbortSignal, host: StepHost | undefined): Promise<StepResult> {
    const { runId, stack, tell } = this.#options;
    const { name, step, item } = execution;
    this.#started.add(name);
    if (step.map !== undefined && item === undefined) return this.#gather(step, signal);
    const log = new StepLog({
      store: stack.artifactStore,
      runId,
      step: name,
      onLine: (line) => tell({ type: 'step-log', step: name, line }),
      onError: (error) => tell({ type: 'step-log-failed', step: name, error: recordedError(error) }),
    });
    const result = await this.#takeOrRun(execution, { log, signal, host });
    await log.close();
    return result;
  }

  /** The result of an earlier run, where it is that of this step too, else what comes of running it. */
  async #takeOrRun(execution: Execution, place: AttemptPlace): Promise<StepResult> {
    const { name } = execution;
    const { signal } = place;
    let answer: CacheAnswer;
    try {
      answer = this.#early.get(name) ?? (await this.#cache.find(this.#cachedStep(execution), signal));
    } catch (error) {
      return signal.aborted ? { outcome: 'cancelled' } : { outcome: 'failed', error, metadata: {} };
    }
    if ('records' in answer) return { outcome: 'completed', ...answer.records, caching: answer.caching };
    const { hasReadParameters, ...end } = await this.#runAttempts(execution, place);
    return { ...end, caching: answer.cachingOf(hasReadParameters) };
  }

  #cachedStep(execution: Execution): CachedStep {
    const { name, step } = execution;
    const definition = definitionOf(this.#options.definitions, step.name);
    return { name, step, definition, item: this.#itemOf(execution) };
  }

  /** What inputs of the kind `item` stand for. */
  #itemOf({ step, item }: Execution): MappedItem | undefined {
    const list = this.#expansions.get(step.name)?.list;
    if (list === undefined || item === undefined) return undefined;
    return { identify: () => list.identify(item), load: (options) => list.load(item, options) };
  }

  async #runAttempts(execution: Execution, { log, signal, host }: AttemptPlace): Promise<AttemptResult> {
    const { lease, runStore, tell } = this.#options;
    const { name, step } = execution;
    const { damaged } = this.#cache;
    const early = this.#early.get(name);
    this.#early.delete(name);
    // An attempt that was interrupted, or whose bytes were removed, does not count.
    const uncounted = (this.#recorded.get(name)?.interruptions ?? 0) + (this.#repeats.get(name) ?? 0);
    const attempts = step.attempts + uncounted;
    const loadItem = this.#itemOf(execution)?.load;
    for (let attempt = early?.attempt ?? this.#nextAttempt(name); !signal.aborted; attempt++) {
      if (attempt !== early?.attempt) await runStore.recordStep(lease, name, { state: 'running', attempt });
      this.#begun.set(name, attempt);
      tell({ type: 'step-started', step: name, attempt, attempts });
      const isLast = attempt >= attempts;
      const begun: StepAttempt = { name, step, attempt, isLast, loadItem, damaged };
      const runner = this.#attempts;
      const result = await (host === undefined
        ? runner.run(begun, log, signal)
        : runAttemptElsewhere(begun, { host, runner, log, signal }, this.#options));
      if (result.outcome !== 'failed') return result;
      const error = recordedError(result.error);
      const which = attempts === 1 ? '' : `Attempt ${attempt} of ${attempts}: `;
      log.write('error', `${which}${error.stack ?? error.message}`);
      if (isLast) return result;
      tell({ type: 'step-retrying', step: name, attempt, attempts, error });
      // An aborted wait ends the loop.
      if (step.backoff !== undefined) await backOff(step.backoff, attempt, signal).catch(() => {});
    }
    return { outcome: 'cancelled', hasReadParameters: false };
  }

  #nextAttempt(name: string): number {
    return (this.#begun.get(name) ?? this.#recorded.get(name)?.attempt ?? 0) + 1;
  }

  /**
   * The step that is executed next, where it can be recorded as running together with the completion of this one: that needs
   * nothing to be loaded, and none of the user's code to be called, before this one is recorded.
   */
  async #findEarlyStart(
    completing: string,
    { caching, artifacts }: StepResult & { readonly outcome: 'completed' },
    succession: Succession | undefined,
  ): Promise<EarlyStart | undefined> {
    // After a result from the cache comes another one most often, which does not start.
    const follower = caching?.state === 'cached' ? undefined : succession?.next();
    if (follower === undefined || succession === undefined) return undefined;
    const { signal } = succession;
    const { stepArtifacts } = this.#options;
    const putOut: PutOutArtifacts = { of: async (name) => (name === completing ? artifacts : stepArtifacts.of(name)) };
    try {
      const execution = this.#execution(follower);
      const { step, item } = execution;
      const isDecided = item !== undefined || (step.map === undefined && step.condition === undefined);
      if (!isDecided || this.#gate.outcome(follower) !== undefined) return undefined;
      if (this.#gate.hindrance(step, signal, completing) !== undefined) return undefined;
      const cached = this.#cachedStep(execution);
      if (cached.definition.cache?.key !== undefined) return undefined;
      const lookup = await this.#cache.lookUp(cached, putOut, signal);
      if ('found' in lookup) return undefined;
      return { step: follower, attempt: this.#nextAttempt(follower), cachingOf: lookup.cachingOf };
    } catch {
      // It is told when that step is executed.
      return undefined;
    }
  }

  /** Ends a mapped step whose items have ended: its outputs are the lists of theirs. */
  async #gather({ name, outputs }: PlanStep, signal: AbortSignal): Promise<AttemptEnd> {
    const { stack } = this.#options;
    const expansion = this.#expansions.get(name);
    if (expansion === undefined) {
      const message = `The ${stack.orchestrator} executed the step "${name}" without expanding it.`;
      return { outcome: 'failed', error: new StackError({ code: 'INTERNAL', message }), metadata: {} };
    }
    const { items, artifacts } = expansion;
    const failed = items.filter((item) => this.#gate.outcome(item) === 'failed');
    const [first] = failed;
    if (first !== undefined) {
      const cause = this.#errors.get(first);
      const message = `${failed.length} of ${items.length} items failed; "${first}": ${recordedError(cause).message}`;
      return { outcome: 'failed', error: new StackError({ code: 'STEP_FAILED', message, cause }), metadata: {} };
    }
    if (artifacts.size < items.length) return { outcome: 'cancelled' };
    try {
      const lists: NewArtifact[] = [];
      for (const output of outputs) {
        const listed = items.map((item) => findOutput(artifacts.get(item) ?? [], item, output));
        const options = { signal, places: this.#places };
        lists.push(await storeItemList(stack.artifactStore, listed, originOf(this.#options, name, output), options));
      }
      return { outcome: 'completed', artifacts: lists, inputs: [], metadata: {}, runMetadata: undefined };
    } catch (error) {
      return signal.aborted ? { outcome: 'cancelled' } : { outcome: 'failed', error, metadata: {} };
    }
  }

  async #end(
    { name, step, item }: Execution,
    result: StepResult,
    duration: number,
    succession?: Succession,
  ): Promise<StepOutcome> {
    const { lease, runStore, stepArtifacts, tell } = this.#options;
    switch (result.outcome) {
      case 'completed': {
        const { outcome: state, ...completed } = result;
        const inputs = [...(await takenInputs(step, item, stepArtifacts)), ...completed.inputs];
        const next = await this.#findEarlyStart(name, result, succession);
        const artifacts = await runStore.recordStep(lease, name, { state, ...completed, inputs, next });
        if (next !== undefined) {
          this.#early.set(next.step, next);
          this.#started.add(next.step);
        }
        stepArtifacts.add(name, artifacts);
        if (item !== undefined) this.#expansions.get(step.name)?.artifacts.set(name, artifacts);
        const { caching } = result;
        const cached = caching?.state === 'cached' ? { cachedFrom: caching.from } : {};
        tell({ type: 'step-completed', step: name, duration, artifacts, ...cached });
        break;
      }
      case 'failed': {
        const error = recordedError(result.error);
        await runStore.recordStep(lease, name, {
          state: 'failed',
          error,
          metadata: result.metadata,
          caching: result.caching,
        });
        this.#errors.set(name, result.error);
        tell({ type: 'step-failed', step: name, duration, error });
        break;
      }
      case 'cancelled': {
        const reason = this.#gate.stopReason;
        await runStore.recordStep(lease, name, { state: 'cancelled', reason });
        tell({ type: 'step-cancelled', step: name, duration, reason });
      }
    }
    if (item === undefined) this.#expansions.delete(name);
    this.#gate.end(name, result.outcome);
    return result.outcome;
  }

  #execution(name: string): Execution {
    const item = parseItemName(name);
    const step = this.#steps.get(item?.step ?? name);
    if (step !== undefined) return { name, step, item: item?.index };
    throw new StackError({
      code: 'STEP_NOT_FOUND',
      message: `The pipeline "${this.#options.plan.pipeline}" has no step "${name}".`,
    });
  }
}

function once<Result>(find: () => Result): () => Result {
  let found: { readonly result: Result } | undefined;
  return () => {
    found ??= { result: find() };
    return found.result;
  };
}
