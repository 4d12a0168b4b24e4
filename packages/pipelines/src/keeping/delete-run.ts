import {
  type ArtifactLocation,
  type ArtifactStore,
  type DeletedRun,
  type OperationOptions,
  type RunDeletion,
  type RunStore,
  StackError,
} from '@stack/core';
import { removeLogs, removeUnreferenced } from './collect-artifacts.ts';

export interface DeleteRunOptions extends RunDeletion, OperationOptions {
  /** Opens an artifact store. Whoever calls `deleteRun` disposes of it. */
  readonly openStore: (location: Pick<ArtifactLocation, 'component'>) => Promise<ArtifactStore>;
}

/** A run that is no longer there, and what was removed with it. */
export interface RemovedRun extends Omit<DeletedRun, 'objects'> {
  /** How many objects of artifacts were removed, as nothing else refers to them; unknown in a dry run. */
  readonly removedObjects: number | undefined;
  /** Why objects or logs were left, for `collectArtifacts` to remove. */
  readonly problems: readonly StackError[];
}

/**
 * Deletes a run with its step runs, events and logs, and frees the artifacts that nothing else refers to. What is recorded
 * goes first, at once: what a kill leaves after that is garbage.
 *
 * @throws RUN_NOT_FOUND, AMBIGUOUS, RUN_HELD
 */
export async function deleteRun(
  runStore: RunStore,
  reference: string,
  { openStore, signal, ...deletion }: DeleteRunOptions,
): Promise<RemovedRun> {
  const { objects, ...deleted } = await runStore.deleteRun(reference, deletion);
  if (deletion.dryRun) return { ...deleted, removedObjects: undefined, problems: [] };
  const { folder, isOwn } = await runStore.artifactPlace();
  const problems: StackError[] = [];
  let removedObjects = 0;
  const inStore = async (component: string, work: (store: ArtifactStore) => Promise<void>) => {
    try {
      await work(await openStore({ component }));
    } catch (error) {
      signal?.throwIfAborted();
      if (!StackError.is(error)) throw error;
      problems.push(error);
    }
  };
  const logStores = new Set(objects.map(({ store }) => store.component));
  if (deletion.logStore !== undefined) logStores.add(deletion.logStore);
  for (const { store, paths } of objects) {
    // Before each store of runs had a folder of its own, others put artifacts into the same one.
    const own = paths.filter((path) => isOwn && path.startsWith(`${folder}/`));
    await inStore(store.component, async (opened) => {
      removedObjects += (await removeUnreferenced(opened, runStore, own, { signal })).length;
    });
  }
  for (const component of logStores) {
    await inStore(component, (opened) => removeLogs(opened, runStore, deleted.id, { signal }));
  }
  return { ...deleted, removedObjects, problems };
}
