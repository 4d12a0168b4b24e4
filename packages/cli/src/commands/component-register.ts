import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type } = invocation;
  await using project = await openProjectHere(invocation);
  const component = await project.components.register({
    type,
    name: invocation.positional('NAME'),
    flavor: invocation.option('flavor') ?? '',
    options: [...invocation.furtherOptions, ...invocation.optionPairs('set')],
    labels: Object.fromEntries(invocation.optionPairs('label')),
  });
  return { data: component, text: `Registered the ${type} "${component.name}" of the flavor ${component.flavor}.` };
}
