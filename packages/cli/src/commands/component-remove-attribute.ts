import { fieldChanges } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const keys = invocation.positionals('KEY');
  const reference = invocation.positional('NAME');
  const { before, after } = await project.components.removeAttributes(type, reference, keys, { dryRun });
  return changeOutput(invocation, {
    verb: ['Updated', 'update'],
    subject: `the ${type} "${after.name}"`,
    changes: fieldChanges(before, after),
    data: after,
  });
}
