import type { RunState } from '@stack/core';
import { StackError } from '@stack/core/errors';
import type { Invocation } from './invocation.ts';

/** The value of `--state`, one of these. @throws ARGUMENT_INVALID */
export function readRunState<State extends RunState>(
  invocation: Invocation,
  states: readonly State[],
): State | undefined {
  const text = invocation.option('state');
  if (text === undefined) return undefined;
  const state = states.find((known) => known === text);
  if (state !== undefined) return state;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--state ${JSON.stringify(text)} is none that such a run can have.`,
    hint: `Give one of ${states.join(', ')}.`,
  });
}
