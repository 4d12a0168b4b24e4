import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { missingFlavors } from '../output/missing-flavors.ts';
import { componentRows, runRows } from '../output/records.ts';
import { renderFields, renderTable } from '../output/table.ts';

const shownRuns = 5;

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const stack = await project.stacks.active();
  const runs = await project.runs.listRuns({ limit: shownRuns });
  const { screen } = invocation;
  const fields = renderFields(
    [
      ['project', project.root],
      ['metadata store', project.storeLabel],
      ['active stack', stack.name],
    ],
    screen,
  );
  const lastRuns = runs.length === 0 ? 'No runs yet.' : renderTable(...runRows(runs), screen);
  return {
    data: {
      root: project.root,
      store: project.storeLabel,
      activeStack: stack,
      runs: runs.map(({ plan: _, ...run }) => run),
    },
    warnings: missingFlavors(await project.flavors.list(), stack.components),
    text: [fields, renderTable(...componentRows(stack.components), screen), lastRuns].join('\n\n'),
  };
}
