import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const reference = invocation.positional('NAME');
  const copy = await project.components.copy(type, reference, invocation.positional('NEW_NAME'), { dryRun });
  const subject = `the ${type} "${reference}" as "${copy.name}"`;
  return changeOutput(invocation, { verb: ['Copied', 'copy'], subject, data: copy });
}
