import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { dryRunText } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const stack = await project.stacks.activate(invocation.positional('NAME'), { dryRun: invocation.flag('dry-run') });
  return { data: { ...stack, isActive: true }, text: dryRunText(invocation, `The active stack is "${stack.name}".`) };
}
