import { formatSecretReference } from '@stack/core';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { readSecretValues } from '../secrets/read-secret-values.ts';
import { describeSecret } from '../secrets/secret-output.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const place = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const { values, warnings } = await readSecretValues(invocation);
  const secret = await project.secrets.create(invocation.positional('NAME'), values, place);
  const references = secret.keys.map((key) => formatSecretReference({ name: secret.name, key }));
  const output = changeOutput(invocation, {
    verb: ['Created', 'create'],
    subject: describeSecret(secret),
    note: `Refer to it in configs and settings: ${references.join(' ')}`,
    data: secret,
  });
  return { ...output, warnings };
}
