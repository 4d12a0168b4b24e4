import { StackError } from '@stack/core/errors';
import type { Invocation } from './invocation.ts';

/** The value of `--limit`. @throws ARGUMENT_INVALID */
export function readLimit(invocation: Invocation): number | undefined {
  const text = invocation.option('limit');
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--limit ${JSON.stringify(text)} is not a whole number above 0.`,
    hint: 'Write e.g. --limit 20.',
  });
}
