import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { describeSecret } from '../secrets/secret-output.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const options = { ...secretPlace(invocation), force: invocation.flag('force') };
  await using project = await openProjectHere(invocation);
  const deleted = await project.secrets.delete(invocation.positional('NAME'), options);
  return changeOutput(invocation, { verb: ['Deleted', 'delete'], subject: describeSecret(deleted), data: deleted });
}
