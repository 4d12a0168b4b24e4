import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changedStack } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const { id, name } = await project.stacks.get(invocation.positional('NAME'));
  const stack = await project.stacks.copy(id, invocation.positional('NEW_NAME'), {
    dryRun: invocation.flag('dry-run'),
  });
  return await changedStack(
    invocation,
    project,
    stack,
    `Copied the stack "${name}" to "${stack.name}". They share their components.`,
  );
}
