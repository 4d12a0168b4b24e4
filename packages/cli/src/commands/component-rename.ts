import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const name = invocation.positional('NEW_NAME');
  const { before, after } = await project.components.rename(type, invocation.positional('NAME'), name, { dryRun });
  return changeOutput(invocation, {
    verb: ['Renamed', 'rename'],
    subject: `the ${type} "${before.name}" to "${after.name}"`,
    data: after,
  });
}
