import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { missingFlavors } from '../output/missing-flavors.ts';
import { componentRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type } = invocation;
  const limit = readCount(invocation, 'limit');
  const after = invocation.option('after');
  await using project = await openProjectHere(invocation);
  // One more than is shown, to know whether there is more.
  const found = await project.components.list({
    type,
    flavor: invocation.option('flavor'),
    name: invocation.option('name'),
    labels: Object.fromEntries(invocation.optionPairs('label')),
    limit: limit === undefined ? undefined : limit + 1,
    after: after === undefined ? undefined : { type, name: after },
  });
  const components = found.slice(0, limit);
  const last = components.at(-1);
  const isCut = found.length > components.length;
  const next = isCut && last !== undefined ? [`There is more: --after=${last.name}`] : [];
  const table = renderTable(...componentRows(components), invocation.screen);
  const warnings = missingFlavors(await project.flavors.list(), components);
  return { data: components, warnings, text: [table, ...next].join('\n') };
}
