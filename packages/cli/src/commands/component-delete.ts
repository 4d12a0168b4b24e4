import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type } = invocation;
  await using project = await openProjectHere(invocation);
  const { id, name } = await project.components.get(type, invocation.positional('NAME'));
  await project.components.remove(type, id);
  return { data: { type, id, name }, text: `Deleted the ${type} "${name}".` };
}
