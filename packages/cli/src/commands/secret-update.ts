import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { readSecretValues } from '../secrets/read-secret-values.ts';
import { describeSecret } from '../secrets/secret-output.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const name = invocation.positional('NAME');
  const place = secretPlace(invocation);
  const remove = invocation.optionValues('remove');
  await using project = await openProjectHere(invocation);
  const { values, warnings } = await readSecretValues(invocation);
  const set = Object.keys(values);
  if (set.length + remove.length === 0) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: `There is nothing to change in the secret "${name}".`,
      hint: 'Give values by their keys, e.g. --password, or keys to remove by --remove.',
    });
  }
  const force = invocation.flag('force');
  const secret = await project.secrets.update(name, { set: values, remove }, { ...place, force });
  const changes = [
    ...(set.length === 0 ? [] : [`set ${set.join(', ')}`]),
    ...(remove.length === 0 ? [] : [`removed ${remove.join(', ')}`]),
  ];
  const output = changeOutput(invocation, {
    verb: ['Updated', 'update'],
    subject: `${describeSecret(secret)}: ${changes.join(', ')}`,
    data: secret,
  });
  return { ...output, warnings };
}
