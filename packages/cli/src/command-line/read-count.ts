import { StackError } from '@stack/core/errors';
import type { Invocation } from './invocation.ts';

/** The value of an option that is a number of things. @throws ARGUMENT_INVALID */
export function readCount(invocation: Invocation, option: 'limit' | 'concurrency' | 'max-count'): number | undefined {
  const text = invocation.option(option);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--${option} ${JSON.stringify(text)} is not a whole number above 0.`,
    hint: `Write e.g. --${option} 20.`,
  });
}
