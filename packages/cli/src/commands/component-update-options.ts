import { findFlavorOf } from '@stack/project/flavors';
import type { FurtherOptions } from '../command-line/command.ts';
import { flavorFurtherOptions } from '../command-line/flavor-further-options.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';
import { openProjectHere } from '../open-project-here.ts';

/** The options of the flavor that the component has. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  const name = invocation.positional('NAME');
  if (name === '') return undefined;
  await using project = await openProjectHere(invocation);
  const component = await project.components.get(invocation.componentType, name);
  return flavorFurtherOptions(findFlavorOf(await flavorCatalogHere(invocation), component));
}
