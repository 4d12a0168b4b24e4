import { StackError } from '@stack/core/errors';
import { deleteRun, type RemovedRun } from '@stack/pipelines';
import type { Project } from '@stack/project';
import { OpenedArtifactStores } from './opened-artifact-stores.ts';

export interface DeleteRunsOptions {
  readonly keepArtifacts?: boolean;
  readonly deleteTagged?: boolean;
  readonly dryRun?: boolean;
  /** Begins with no further run when aborted. */
  readonly until?: AbortSignal;
}

export interface DeletedRuns {
  readonly runs: readonly Omit<RemovedRun, 'problems'>[];
  /** Why runs, or what they had stored, are still there. */
  readonly problems: readonly StackError[];
}

/**
 * Deletes runs, one after the other: a problem with one keeps no other.
 *
 * @param references names and ids
 */
export async function deleteRuns(
  project: Project,
  references: readonly string[],
  { until, ...options }: DeleteRunsOptions,
): Promise<DeletedRuns> {
  await using stores = new OpenedArtifactStores(project);
  const runs: DeletedRuns['runs'][number][] = [];
  const found: StackError[] = [];
  for (const reference of references) {
    if (until?.aborted) break;
    try {
      const logStore = await findLogStore(project, reference);
      const { problems, ...run } = await deleteRun(project.runs, reference, {
        ...options,
        logStore,
        openStore: stores.open,
      });
      runs.push(run);
      found.push(...problems);
    } catch (error) {
      if (!StackError.is(error)) throw error;
      found.push(error);
    }
  }
  return { runs, problems: found };
}

/** The logs of a run are in the artifact store of its stack; where that is gone, where its artifacts are. */
async function findLogStore(project: Project, reference: string): Promise<string | undefined> {
  const { stack } = await project.runs.getRun(reference);
  try {
    const { components } = await project.stacks.get(stack);
    return components.find(({ type }) => type === 'artifact-store')?.name;
  } catch (error) {
    if (StackError.is(error, 'STACK_NOT_FOUND')) return undefined;
    throw error;
  }
}
