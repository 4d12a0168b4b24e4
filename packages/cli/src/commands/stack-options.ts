import type { FurtherOptions } from '../command-line/command.ts';
import { componentOptions } from '../command-line/stack-components.ts';

/** An option for each component type. */
export async function furtherOptions(): Promise<FurtherOptions> {
  return componentOptions({ needsAll: true });
}
