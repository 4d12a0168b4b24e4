import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { describeSecret } from '../secrets/secret-output.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const name = invocation.positional('NAME');
  const options = { ...secretPlace(invocation), force: invocation.flag('force') };
  await using project = await openProjectHere(invocation);
  const secret = await project.secrets.rename(name, invocation.positional('NEW_NAME'), options);
  const subject = `${describeSecret({ ...secret, name })} to "${secret.name}"`;
  return changeOutput(invocation, { verb: ['Renamed', 'rename'], subject, data: secret });
}
