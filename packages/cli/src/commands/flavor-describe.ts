import { findFlavor } from '@stack/project/flavors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { schemaOptions } from '../command-line/schema-options.ts';
import { flavorCatalogHere } from '../flavor-catalog-here.ts';
import { showOrigin, showState } from '../output/flavor-entry.ts';
import { renderFields, renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const catalog = await flavorCatalogHere(invocation);
  const entry = findFlavor(catalog, invocation.componentType, invocation.positional('NAME'));
  const { manifest } = entry;
  const options = [...schemaOptions(manifest.configSchema), ...schemaOptions(manifest.settingsSchema)];
  const fields: [string, string][] = [
    ['flavor', `${entry.type}/${entry.name}`],
    ['description', manifest.displayName ?? ''],
    ['from', showOrigin(entry)],
    ['state', showState(entry)],
    ['docs', manifest.docsUrl ?? ''],
    ['capabilities', manifest.capabilities.join(', ')],
  ];
  const rows = options.map(({ option, type, isRequired, isSecret, default: value, description }) => [
    option,
    type,
    isRequired ? 'yes' : '',
    isSecret ? 'yes' : '',
    value === undefined ? '' : JSON.stringify(value),
    description,
  ]);
  const table =
    rows.length === 0
      ? 'Its components have no options.'
      : renderTable(['OPTION', 'TYPE', 'REQUIRED', 'SECRET', 'DEFAULT', 'DESCRIPTION'], rows, invocation.screen);
  const text = renderFields(
    fields.filter(([, value]) => value !== ''),
    invocation.screen,
  );
  return {
    data: { ...entry, options: options.map(({ completion: _, ...option }) => option) },
    text: `${text}\n\n${table}`,
    warnings: catalog.problems,
  };
}
