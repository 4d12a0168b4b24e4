import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponents } from '../command-line/stack-components.ts';
import { stackReference } from '../command-line/stack-reference.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changedStack } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const components = readComponents(invocation.furtherOptions);
  const removed = invocation.optionValues('remove-label').map((key) => [key, undefined] as const);
  const labels = Object.fromEntries([...removed, ...invocation.optionPairs('label')]);
  if (Object.keys(components).length + Object.keys(labels).length === 0) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: 'Nothing is given to change.',
      hint: 'Give components, e.g. --artifact-store NAME, or labels: --label key=value, --remove-label key.',
    });
  }
  const reference = await stackReference(project, invocation);
  const stack = await project.stacks.update(reference, { components, labels }, { dryRun: invocation.flag('dry-run') });
  return await changedStack(invocation, project, stack, `Updated the stack "${stack.name}".`);
}
