import type { FurtherOptions } from '../command-line/command.ts';
import { componentOptions } from '../command-line/stack-components.ts';

/** An option for each component type, of which none has to be given. */
export async function furtherOptions(): Promise<FurtherOptions> {
  return componentOptions({ needsAll: false });
}
