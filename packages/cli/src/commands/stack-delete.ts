import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const recursive = invocation.flag('recursive');
  const removed = await project.stacks.remove(invocation.positional('NAME'), { recursive });
  const lines = [
    `Deleted the stack "${removed.name}".`,
    ...removed.components.map(({ type, name }) => `Deleted the ${type} "${name}".`),
  ];
  return { data: removed, text: lines.join('\n') };
}
