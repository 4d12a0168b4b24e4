import type { FurtherOptions } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { componentOptions } from '../command-line/stack-components.ts';

/** An option for each component type. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions> {
  return componentOptions(invocation, { needsAll: true });
}
