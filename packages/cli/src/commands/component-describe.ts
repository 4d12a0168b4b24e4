import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { missingFlavors } from '../output/missing-flavors.ts';
import { showLabels, showValue } from '../output/records.ts';
import { renderFields } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const component = await project.components.get(invocation.componentType, invocation.positional('NAME'));
  const earlierVersions = await project.components.versions(component.type, component.id);
  const { id, type, name, flavor, flavorPackage, configVersion, config, settings, labels, createdAt } = component;
  const values = Object.entries({ ...config, ...settings });
  const fields: [string, string][] = [
    ['name', name],
    ['type', type],
    ['flavor', flavorPackage === undefined ? flavor : `${flavor} of ${flavorPackage}`],
    ['config version', [configVersion, ...earlierVersions.map((version) => `was ${version.configVersion}`)].join(', ')],
    ['id', id],
    ['labels', showLabels(labels)],
    ['registered', createdAt.toISOString()],
    ...values.map(([key, value]): [string, string] => [key, showValue(value)]),
  ];
  const catalog = await project.flavors.list();
  return {
    data: { ...component, earlierVersions },
    warnings: missingFlavors(catalog, [component]),
    text: renderFields(fields, invocation.screen),
  };
}
