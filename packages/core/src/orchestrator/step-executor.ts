import type { StepHost } from './step-task.ts';

/** How a step of a run ended. `skipped`: it did not run at all, for a reason that is recorded. */
export type StepOutcome = 'completed' | 'failed' | 'skipped' | 'cancelled';

export interface ExecuteOptions {
  readonly signal: AbortSignal;
  /** Where the attempts of the step run. Default: in this process. */
  readonly host?: StepHost | undefined;
  /**
   * Asked, at most once, when the step is about to complete: the step or item that will be executed in its place as soon as it
   * has ended, and whatever happens meanwhile. Of those that depend on it, one that waits for nothing else. The start of
   * that step is then recorded together with this end, which is one transaction instead of two. Default: none.
   */
  readonly next?: (() => string | undefined) | undefined;
}

/**
 * Runs the steps of one run where it is called. The pipeline engine gives it to an orchestrator, which decides when
 * each step runs, and in the end calls it in the place of its choice. Whether a step runs at all is not for the
 * orchestrator to decide: it executes every step, and the executor skips those that must not run. With a host, only the
 * attempts themselves run elsewhere; the executor decides and records all the same.
 */
export interface StepExecutor {
  /**
   * Runs a step, its attempts included, and records every change of its state; skips it when what it depends on did not
   * complete, its condition does not hold, or the run is not to go on. To be called once for each step of the plan, when
   * all the steps of its `upstream` have ended, however they ended. Resolves however the step ends; rejects only when the
   * state cannot be recorded.
   */
  execute(step: string, options: ExecuteOptions): Promise<StepOutcome>;
  /**
   * Names the items of a step with `map`, which depend on its input and are known once its `upstream` has ended. Each is
   * executed as a step is, in any order; after that the mapped step itself, which gathers what they put out. Empty for a
   * list without items, for a step that will be skipped, and for one without `map`.
   */
  expand(step: string, options: { readonly signal: AbortSignal }): Promise<readonly string[]>;
}
