import type { StepChange } from '@stack/core';
import { StackError } from '@stack/core/errors';

/** The states that a step may go to. One that is not here, or has none, is an end. */
const nextStates: Readonly<Record<string, readonly StepChange['state'][]>> = {
  pending: ['running', 'failed', 'skipped', 'cancelled'],
  running: ['running', 'completed', 'failed', 'cancelled'],
};

interface PresentStep {
  readonly name: string;
  readonly runState: string;
  readonly step: string;
  readonly state: string;
  readonly attempt: number;
}

/**
 * Makes sure that a step may change so. The end of a step or run is never left, and an attempt is never begun twice: of
 * two processes that both run a step, the one that comes late gets an error. It must not be ignored, since nothing of
 * what came with the change is kept.
 *
 * @throws PRECONDITION_FAILED
 */
export function checkStepChange({ name, runState, step, state, attempt }: PresentStep, change: StepChange): void {
  const refuse = (reason: string): StackError =>
    new StackError({
      code: 'PRECONDITION_FAILED',
      message: `The step "${step}" of the run "${name}" cannot become ${change.state}: ${reason}.`,
    });
  if (runState !== 'running') throw refuse(`the run is ${runState}`);
  // What took the result of another step completes without running.
  const isCached = state === 'pending' && change.state === 'completed' && change.caching?.state === 'cached';
  if (!isCached && nextStates[state]?.includes(change.state) !== true) throw refuse(`it is ${state}`);
  if (change.state === 'running' && change.attempt <= attempt) {
    throw refuse(`attempt ${attempt} was begun already, and this is attempt ${change.attempt}`);
  }
}
