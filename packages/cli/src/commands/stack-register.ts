import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponents } from '../command-line/stack-components.ts';
import { openProjectHere } from '../open-project-here.ts';
import { programName } from '../output/program-name.ts';
import { changedStack } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const name = invocation.positional('NAME');
  await using project = await openProjectHere(invocation);
  const activate = invocation.flag('activate');
  const stack = await project.stacks.register(
    {
      name,
      components: readComponents(invocation.furtherOptions),
      labels: Object.fromEntries(invocation.optionPairs('label')),
      activate,
    },
    { dryRun: invocation.flag('dry-run') },
  );
  const next = activate ? 'It is the active stack now.' : `Make it the active one: ${programName} set ${name}`;
  return await changedStack(invocation, project, stack, `Registered the stack "${name}". ${next}`);
}
