import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { dryRunText } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const options = { recursive: invocation.flag('recursive'), dryRun: invocation.flag('dry-run') };
  const removed = await project.stacks.remove(invocation.positional('NAME'), options);
  const lines = [
    `Deleted the stack "${removed.name}".`,
    ...removed.components.map(({ type, name }) => `Deleted the ${type} "${name}".`),
  ];
  return { data: { ...removed, isDryRun: options.dryRun }, text: dryRunText(invocation, lines.join('\n')) };
}
