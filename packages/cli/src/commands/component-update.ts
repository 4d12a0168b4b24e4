import { fieldChanges, findFlavorOf } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponentInput } from '../command-line/read-component-input.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { typedFieldWarnings } from '../secrets/typed-values.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  const allowPlainSecret = invocation.flag('allow-plain-secret');
  const input = await readComponentInput(invocation);
  await using project = await openProjectHere(invocation);
  const update = {
    ...input,
    removeAttributes: invocation.optionValues('remove-attribute'),
    labels: Object.fromEntries(invocation.optionPairs('label')),
    removeLabels: invocation.optionValues('remove-label'),
  };
  const { before, after } = await project.components.update(type, invocation.positional('NAME'), update, {
    dryRun,
    allowPlainSecret,
  });
  const output = changeOutput(invocation, {
    verb: ['Updated', 'update'],
    subject: `the ${type} "${after.name}"`,
    changes: fieldChanges(before, after),
    data: after,
  });
  const { manifest } = findFlavorOf(await project.flavors.list(), after);
  return { ...output, warnings: typedFieldWarnings(invocation, manifest) };
}
