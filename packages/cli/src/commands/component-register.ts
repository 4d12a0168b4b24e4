import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponentInput } from '../command-line/read-component-input.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  const input = await readComponentInput(invocation);
  await using project = await openProjectHere(invocation);
  const component = await project.components.register(
    {
      type,
      name: invocation.positional('NAME'),
      flavor: invocation.option('flavor') ?? '',
      ...input,
      labels: Object.fromEntries(invocation.optionPairs('label')),
    },
    { dryRun },
  );
  const subject = `the ${type} "${component.name}" of the flavor ${component.flavor}`;
  return changeOutput(invocation, { verb: ['Registered', 'register'], subject, data: component });
}
