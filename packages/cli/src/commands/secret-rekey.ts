import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const place = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const rekeyed = await project.secrets.rekey(place);
  const { store, scope, secrets: count } = rekeyed;
  const subject = `${count === 1 ? 'one secret' : `${count} secrets`} of the scope ${scope} in the secret store "${store}" with another key`;
  return changeOutput(invocation, { verb: ['Sealed', 'seal'], subject, data: rekeyed });
}
