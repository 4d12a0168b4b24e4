import { StackError } from '@stack/core/errors';
import type { Invocation } from './invocation.ts';

/** The value of an option that is a number of seconds, in milliseconds. @throws ARGUMENT_INVALID */
export function readSeconds(invocation: Invocation, option: string): number | undefined {
  const text = invocation.option(option);
  if (text === undefined) return undefined;
  const seconds = /^\d{1,6}(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1000;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `${JSON.stringify(text)} is not a number of seconds.`,
    hint: `Write --${option}=30.`,
  });
}
