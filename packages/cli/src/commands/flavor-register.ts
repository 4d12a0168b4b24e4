import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { programName } from '../output/program-name.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type } = invocation;
  await using project = await openProjectHere(invocation);
  const entry = await project.flavors.register({ type, source: invocation.positional('SOURCE') });
  return {
    data: entry,
    text: `Registered the flavor "${entry.name}" of ${type}.\nTry: ${programName} ${type} register NAME --flavor=${entry.name} --help`,
  };
}
