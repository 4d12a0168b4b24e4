import { relative, resolve } from 'node:path';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderPlan } from '../output/render-plan.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const isDryRun = invocation.flag('dry-run');
  await using project = await openProjectHere(invocation);
  const typed = invocation.positional('FILE');
  const { file, input } = await project.documents.load(
    typed === '' ? undefined : resolve(invocation.workingDirectory, typed),
  );
  const shown = relative(invocation.workingDirectory, file);
  const { documents } = project;
  const options = { allowPlainSecret: invocation.flag('allow-plain-secret') };
  const plan = await (isDryRun ? documents.plan(input, shown, options) : documents.apply(input, shown, options));
  if (!isDryRun) await documents.writeSchema();
  return {
    data: { file, isDryRun, isEmpty: plan.changes.length === 0, ...plan },
    text: renderPlan(plan, { file: shown, isDone: !isDryRun, screen: invocation.screen }),
  };
}
