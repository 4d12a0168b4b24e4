import { relative, resolve } from 'node:path';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderPlan } from '../output/render-plan.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const typed = invocation.positional('FILE');
  const { file, input } = await project.documents.load(
    typed === '' ? undefined : resolve(invocation.workingDirectory, typed),
  );
  const shown = relative(invocation.workingDirectory, file);
  const plan = await project.documents.plan(input, shown);
  const isEmpty = plan.changes.length === 0;
  const next = isEmpty ? '' : `\n\nDo it: stack apply${typed === '' ? '' : ` ${typed}`}`;
  return {
    data: { file, isEmpty, ...plan },
    text: `${renderPlan(plan, { file: shown, isDone: false, screen: invocation.screen })}${next}`,
  };
}
