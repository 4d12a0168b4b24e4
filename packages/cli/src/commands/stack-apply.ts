import { relative, resolve } from 'node:path';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderPlan } from '../output/render-plan.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const dryRun = invocation.flag('dry-run');
  await using project = await openProjectHere(invocation);
  const typed = invocation.positional('FILE');
  const { file, input } = await project.documents.load(
    typed === '' ? undefined : resolve(invocation.workingDirectory, typed),
  );
  const shown = relative(invocation.workingDirectory, file);
  const { documents } = project;
  const plan = dryRun ? await documents.plan(input, shown) : await documents.apply(input, shown);
  if (!dryRun) await documents.writeSchema();
  return {
    data: { file, dryRun, isEmpty: plan.changes.length === 0, ...plan },
    text: renderPlan(plan, { file: shown, isDone: !dryRun, screen: invocation.screen }),
  };
}
