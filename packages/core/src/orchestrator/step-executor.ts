/** How a step of a run ended. */
export type StepOutcome = 'completed' | 'failed' | 'cancelled';

/**
 * Runs the steps of one run where it is called. The pipeline engine gives it to an orchestrator, which decides when
 * each step runs, and in the end calls it in the place of its choice.
 */
export interface StepExecutor {
  /**
   * Runs a step, its attempts included, and records every change of its state. Resolves however the step ends;
   * rejects only when the state cannot be recorded.
   */
  execute(step: string, options: { readonly signal: AbortSignal }): Promise<StepOutcome>;
  /** Records that a step will not run, and why. */
  skip(step: string, reason: string): Promise<void>;
}
