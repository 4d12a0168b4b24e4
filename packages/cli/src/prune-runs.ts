import { StackError } from '@stack/core/errors';
import { expiredRuns } from '@stack/pipelines';
import type { Project } from '@stack/project';
import { type DeletedRuns, deleteRuns } from './delete-runs.ts';

/** How many runs one that has ended deletes at most, and the milliseconds after which it begins with no further one. */
const runsAtEnd = 20;
const timeAtEnd = 5_000;

/** Deletes the runs that no rule of the project keeps. `undefined` where there are no rules. */
export async function pruneRuns(
  project: Project,
  options: { readonly dryRun?: boolean } = {},
): Promise<DeletedRuns | undefined> {
  const expired = await findExpired(project);
  return expired === undefined ? undefined : await deleteRuns(project, expired, options);
}

/**
 * The same at the end of a run, which it is not to hold up for long, nor to fail: some of them, the oldest first. What is wrong
 * is one of the problems.
 *
 * @param ended the id of the run, which stays
 */
export async function pruneAtEnd(project: Project, ended: string): Promise<DeletedRuns> {
  try {
    const expired = (await findExpired(project)) ?? [];
    const some = expired.filter((id) => id !== ended).slice(-runsAtEnd);
    const deleted = await deleteRuns(project, some.toReversed(), { until: AbortSignal.timeout(timeAtEnd) });
    // Another process was faster, or goes on with it.
    const isExpected = ({ code }: StackError) => code === 'RUN_NOT_FOUND' || code === 'RUN_HELD';
    return { ...deleted, problems: deleted.problems.filter((problem) => !isExpected(problem)) };
  } catch (error) {
    return { runs: [], problems: [notPruned(error)] };
  }
}

async function findExpired({ runs }: Project): Promise<string[] | undefined> {
  const rules = await runs.retentionRules();
  if (rules.length === 0) return undefined;
  return expiredRuns(await runs.summarizeRuns(), rules).map(({ id }) => id);
}

function notPruned(cause: unknown): StackError {
  if (StackError.is(cause)) return cause;
  const message = `The runs that no rule keeps cannot be deleted: ${cause instanceof Error ? cause.message : cause}`;
  return new StackError({ code: 'INTERNAL', message, hint: 'Try it again: stack run prune', cause });
}
