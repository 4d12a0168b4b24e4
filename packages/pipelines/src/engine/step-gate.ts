import type { Plan, PlanStep, StepOutcome } from '@stack/core';
import { referencedOutputs } from '../pipeline/referenced-outputs.ts';

/**
 * How a step ended, as those that depend on it see it. `bypassed`: it was skipped because a condition did not hold, its own
 * or that of a step before it, which is no failure.
 */
type StepEnd = StepOutcome | 'bypassed';

/** Why a step must not run. */
export interface Hindrance {
  readonly end: 'skipped' | 'bypassed';
  readonly reason: string;
}

const runCancelled = 'the run was cancelled';

/** Says which steps of a run must not run any more, by how the others ended. */
export class StepGate {
  readonly #plan: Plan;
  readonly #ends = new Map<string, StepEnd>();
  readonly #failFast = new AbortController();
  /** Why nothing more is to start. */
  #stopped: string | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** How a step or item ended; `undefined` for one that has not. */
  outcome(step: string): StepOutcome | undefined {
    const end = this.#ends.get(step);
    return end === 'bypassed' ? 'skipped' : end;
  }

  /** Whether all steps of the plan have ended well. */
  get isComplete(): boolean {
    return this.#plan.steps.every(({ name }) => this.#endedWell(name));
  }

  /** Why steps are cancelled, or not started. */
  get stopReason(): string {
    return this.#stopped ?? runCancelled;
  }

  /** Aborted when the run is cancelled, and when a step failed and the others are not to go on. */
  signalOf(run: AbortSignal): AbortSignal {
    return this.#plan.failurePolicy === 'fail-fast' ? AbortSignal.any([run, this.#failFast.signal]) : run;
  }

  /** Takes down how a step, or an item of one, ended. */
  end(step: string, end: StepEnd): void {
    this.#ends.set(step, end);
    const { failurePolicy = 'continue' } = this.#plan;
    if (end !== 'failed' || failurePolicy === 'continue') return;
    this.#stopped ??= `the step "${step}" failed`;
    if (failurePolicy === 'fail-fast') this.#failFast.abort();
  }

  /**
   * What keeps a step from running, apart from its condition; `undefined` for nothing.
   *
   * @param completing a step that counts as completed, since it is about to be
   */
  hindrance(step: PlanStep, run: AbortSignal, completing?: string): Hindrance | undefined {
    if (run.aborted || this.#stopped !== undefined) return { end: 'skipped', reason: this.stopReason };
    const blocker = step.upstream.find((name) => name !== completing && !this.#endedWell(name));
    if (blocker !== undefined) return { end: 'skipped', reason: `the step "${blocker}" did not complete` };
    const bypassed = requiredSteps(step).find((name) => this.#ends.get(name) === 'bypassed');
    return bypassed === undefined ? undefined : { end: 'bypassed', reason: `the step "${bypassed}" was skipped` };
  }

  #endedWell(name: string): boolean {
    const end = this.#ends.get(name);
    return end === 'completed' || end === 'bypassed';
  }
}

/** The steps without whose outputs a step cannot run. */
function requiredSteps({ inputs, map, condition }: PlanStep): readonly string[] {
  return [...Object.values(inputs), map, condition?.input]
    .flatMap((input) => (input === undefined ? [] : referencedOutputs(input)))
    .filter(({ isOptional }) => isOptional !== true)
    .map(({ step }) => step);
}
