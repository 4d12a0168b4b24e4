import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { readComponents } from '../command-line/stack-components.ts';
import { openProjectHere } from '../open-project-here.ts';
import { missingFlavors } from '../output/missing-flavors.ts';
import { stackRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const after = invocation.option('after');
  const stacks = await project.stacks.list({
    name: invocation.option('name'),
    limit: readCount(invocation, 'limit'),
    after: after === undefined ? undefined : { name: after },
    labels: Object.fromEntries(invocation.optionPairs('label')),
    components: readComponents(invocation.furtherOptions),
  });
  const active = await project.stacks.active();
  const components = new Map(stacks.flatMap((stack) => stack.components).map((component) => [component.id, component]));
  return {
    data: stacks.map((stack) => ({ ...stack, isActive: stack.id === active.id })),
    warnings: missingFlavors(await project.flavors.list(), [...components.values()]),
    text: renderTable(...stackRows(stacks, active.id), invocation.screen),
  };
}
