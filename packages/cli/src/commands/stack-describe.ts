import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { missingFlavors } from '../output/missing-flavors.ts';
import { componentRows, showLabels } from '../output/records.ts';
import { renderFields, renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const active = await project.stacks.active();
  const reference = invocation.positional('NAME');
  const stack = reference === '' ? active : await project.stacks.get(reference);
  const isActive = stack.id === active.id;
  const { screen } = invocation;
  const fields = renderFields(
    [
      ['name', stack.name],
      ['id', stack.id],
      ['active', isActive ? 'yes' : 'no'],
      ['labels', showLabels(stack.labels)],
    ],
    screen,
  );
  return {
    data: { ...stack, isActive },
    warnings: missingFlavors(await project.flavors.list(), stack.components),
    text: `${fields}\n\n${renderTable(...componentRows(stack.components), screen)}`,
  };
}
