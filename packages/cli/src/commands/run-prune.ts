import { expiredRuns } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { deleteRuns } from '../delete-runs.ts';
import { openProjectHere } from '../open-project-here.ts';
import { deletedRunsOutput } from '../output/deleted-runs-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const rules = await project.runs.retentionRules();
  const expired = expiredRuns(await project.runs.summarizeRuns(), rules);
  const deleted = await deleteRuns(
    project,
    expired.map(({ id }) => id),
    { dryRun },
  );
  const output = deletedRunsOutput(invocation, deleted);
  if (rules.length > 0) return output;
  return { ...output, text: 'Every run is kept. Say which are not with: stack run retention set --max-age=30d' };
}
