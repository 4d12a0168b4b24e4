import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';
import { showOrigin, showState } from '../output/flavor-entry.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { flavors, problems } = await flavorCatalogHere(invocation);
  const ofType = flavors.filter(({ type }) => type === invocation.componentType);
  const rows = ofType.map((flavor) => [
    flavor.name,
    showOrigin(flavor),
    showState(flavor),
    flavor.manifest.displayName ?? '',
  ]);
  return {
    data: ofType.map(({ type, name, origin, isStale, missing, manifest }) => ({
      type,
      name,
      displayName: manifest.displayName,
      origin,
      isStale,
      missing,
    })),
    text: renderTable(['NAME', 'FROM', 'STATE', 'DESCRIPTION'], rows, invocation.screen),
    warnings: problems,
  };
}
