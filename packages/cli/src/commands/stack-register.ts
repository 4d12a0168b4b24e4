import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponents } from '../command-line/stack-components.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changedStack } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const name = invocation.positional('NAME');
  await using project = await openProjectHere(invocation);
  const stack = await project.stacks.register({
    name,
    components: readComponents(invocation.furtherOptions),
    labels: Object.fromEntries(invocation.optionPairs('label')),
  });
  const isActive = invocation.flag('activate');
  if (isActive) await project.stacks.activate(stack.id);
  const next = isActive ? 'It is the active stack now.' : `Make it the active one: stack set ${name}`;
  return await changedStack(project, stack, `Registered the stack "${name}". ${next}`);
}
