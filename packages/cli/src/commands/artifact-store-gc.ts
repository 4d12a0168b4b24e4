import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readDuration } from '../command-line/read-duration.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { garbageRows, showSize } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun, screen } = invocation;
  const olderThan = readDuration(invocation, 'older-than');
  await using project = await openProjectHere(invocation);
  const reference = invocation.positional('NAME');
  const collected = await project.components.collectGarbage(reference, { olderThan, dryRun });
  const { store, garbage } = collected;
  const count = garbage.length === 1 ? 'one thing' : `${garbage.length} things`;
  const size = showSize(garbage.reduce((sum, { size = 0 }) => sum + size, 0));
  const output = changeOutput(invocation, {
    verb: ['Removed', 'remove'],
    subject: `${count} of ${size} that killed processes left in the artifact store "${store}"`,
    data: collected,
  });
  if (garbage.length === 0) {
    return { ...output, text: `Killed processes left nothing that is old enough in the artifact store "${store}".` };
  }
  return { ...output, text: `${output.text}\n\n${renderTable(...garbageRows(garbage), screen)}` };
}
