import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const stack = await project.stacks.activate(invocation.positional('NAME'));
  return { data: { ...stack, isActive: true }, text: `The active stack is "${stack.name}".` };
}
