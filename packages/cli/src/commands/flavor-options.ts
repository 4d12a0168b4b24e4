import { findFlavor } from '@stack/project/flavors';
import type { FurtherOptions } from '../command-line/command.ts';
import { flavorFurtherOptions } from '../command-line/flavor-further-options.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';

/** The options of the flavor that `--flavor` names. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  const flavor = invocation.option('flavor');
  if (flavor === undefined) return undefined;
  return flavorFurtherOptions(findFlavor(await flavorCatalogHere(invocation), invocation.componentType, flavor));
}
