import type { FurtherOptions } from '../command-line/command.ts';
import { flavorFurtherOptions } from '../command-line/flavor-further-options.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { namedFlavor } from '../conformance/named-flavor.ts';

/** The options of the flavor that `FLAVOR` names. Those of one that is given by its source are read later. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  if (invocation.positional('FLAVOR') === '') return undefined;
  const entry = await namedFlavor(invocation);
  if (entry === undefined) return { title: 'Options of the flavor', options: [], isFlag: () => false };
  return flavorFurtherOptions(entry);
}
