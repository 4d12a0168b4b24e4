import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showLabels, showValue } from '../output/records.ts';
import { renderFields } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const component = await project.components.get(invocation.componentType, invocation.positional('NAME'));
  const { id, type, name, flavor, config, settings, labels, createdAt } = component;
  const values = Object.entries({ ...config, ...settings });
  const fields: [string, string][] = [
    ['name', name],
    ['type', type],
    ['flavor', flavor],
    ['id', id],
    ['labels', showLabels(labels)],
    ['registered', createdAt.toISOString()],
    ...values.map(([key, value]): [string, string] => [key, showValue(value)]),
  ];
  return { data: component, text: renderFields(fields, invocation.screen) };
}
