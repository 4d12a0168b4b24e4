import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { requireComponents } from '../command-line/stack-components.ts';
import { stackReference } from '../command-line/stack-reference.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changedStack } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const components = requireComponents(invocation.furtherOptions);
  const stack = await project.stacks.removeComponents(await stackReference(project, invocation), components, {
    dryRun: invocation.flag('dry-run'),
  });
  return await changedStack(
    invocation,
    project,
    stack,
    `Taken from the stack "${stack.name}"; what was taken stays registered.`,
  );
}
