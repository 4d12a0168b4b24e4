import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const { name, origin } = await project.flavors.remove(type, invocation.positional('NAME'), { dryRun });
  const subject = `the flavor "${name}" of ${type}`;
  return changeOutput(invocation, { verb: ['Deleted', 'delete'], subject, data: { type, name, origin } });
}
