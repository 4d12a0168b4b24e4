import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { programName } from '../output/program-name.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const entry = await project.flavors.register({ type, source: invocation.positional('SOURCE') }, { dryRun });
  return changeOutput(invocation, {
    verb: ['Registered', 'register'],
    subject: `the flavor "${entry.name}" of ${type}`,
    note: `Try: ${programName} ${type} register NAME --flavor=${entry.name} --help`,
    data: entry,
  });
}
