import type { FurtherOptions } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { maskTypedValues } from '../secrets/read-secret-values.ts';

/** Any key may be an option, so that none is known beforehand. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  maskTypedValues(invocation);
  return undefined;
}
