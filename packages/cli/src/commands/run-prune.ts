import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { deletedRunsOutput } from '../output/deleted-runs-output.ts';
import { pruneRuns } from '../prune-runs.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const deleted = await pruneRuns(project, { dryRun });
  if (deleted !== undefined) return deletedRunsOutput(invocation, deleted);
  const none = deletedRunsOutput(invocation, { runs: [], problems: [] });
  return { ...none, text: 'Every run is kept. Say which are not with: stack run retention set --max-age=30d' };
}
