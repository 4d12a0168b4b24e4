import type { RetentionRule } from '@stack/core';
import type { Invocation } from './command-line/invocation.ts';
import { readRunState } from './command-line/read-run-state.ts';

/** The runs that a rule is for. */
type RetentionScope = Pick<RetentionRule, 'pipeline' | 'state'>;

/** @throws ARGUMENT_INVALID */
export function retentionScope(invocation: Invocation): RetentionScope {
  const pipeline = invocation.option('pipeline');
  const state = readRunState(invocation, ['completed', 'failed', 'cancelled']);
  return { ...(pipeline === undefined ? {} : { pipeline }), ...(state === undefined ? {} : { state }) };
}

export function hasScope(rule: RetentionScope, { pipeline, state }: RetentionScope): boolean {
  return rule.pipeline === pipeline && rule.state === state;
}
