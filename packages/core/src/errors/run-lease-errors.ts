import { StackError } from './stack-error.ts';

// What every run store says of leases, in one place, since callers see no difference between stores.

/** Another process has taken a run: what this one knows of it is of the past. */
export function runLeaseLost(run: string): StackError {
  return new StackError({
    code: 'RUN_LEASE_LOST',
    message: `The run "${run}" was taken over by another process, which goes on with it.`,
    hint: `Nothing of what happened here since then is recorded. Watch the run: stack run describe ${run}`,
  });
}

/**
 * A run cannot be taken, since it is executed.
 *
 * @param holder whoever executes it, as a noun of a message
 */
export function runHeld(run: string, holder: string): StackError {
  return new StackError({
    code: 'RUN_HELD',
    message: `The run "${run}" is executed by ${holder}.`,
    hint: `Go on as soon as that ends, or does not stir any more: stack run resume ${run} --wait`,
  });
}

/**
 * A run has ended: there is nothing to go on with.
 *
 * @param command runs its pipeline again, where that is known
 */
export function runEnded(run: string, state: string, command?: string): StackError {
  const again = command === undefined ? 'Run its pipeline again' : `Run its pipeline again: ${command}`;
  return new StackError({
    code: 'RUN_NOT_RESUMABLE',
    message: `The run "${run}" has ended: ${state}.`,
    hint: state === 'completed' ? again : `What it completed comes from the cache. ${again}`,
  });
}
