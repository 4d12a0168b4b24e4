import { StackError } from '@stack/core/errors';
import type { Invocation } from './invocation.ts';

const milliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The value of an option that is a number with a unit, such as `12h`, in milliseconds. @throws ARGUMENT_INVALID */
export function readDuration(invocation: Invocation, option: string): number | undefined {
  const text = invocation.option(option);
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,6}(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * milliseconds[unit as keyof typeof milliseconds];
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--${option} ${JSON.stringify(text)} is not a duration.`,
    hint: `Write a number and its unit, s, m, h or d: --${option}=12h.`,
  });
}
