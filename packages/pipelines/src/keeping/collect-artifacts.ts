import { type ArtifactStore, type OperationOptions, type RunStore, StackError } from '@stack/core';
import { runLogFolder } from '../logs/step-log.ts';

/** Objects that are looked at, and removed, together. */
const objectsAtOnce = 1000;
const millisecondsPerDay = 86_400_000;
/**
 * Milliseconds from condemning objects to removing them, at most: whoever is stopped in between finds them again the next
 * time. The run store forgets what is condemned after far longer.
 */
const longestPause = 600_000;

export interface CollectOptions extends OperationOptions {
  /** Milliseconds since an object was written. Default: a day. */
  readonly olderThan?: number | undefined;
  /** Only say what would be removed. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** An object that no artifact refers to. */
export interface UnreferencedObject {
  /** Relative to the root of the store. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface CollectedArtifacts {
  /** Name of the artifact store. */
  readonly store: string;
  readonly objects: readonly UnreferencedObject[];
  /** The deleted runs whose logs were still there. */
  readonly logsOfRuns: readonly string[];
}

/**
 * Removes the objects of artifacts in a store that nothing recorded in a run store refers to: what killed runs left, and
 * what deleted ones had. Beside it runs may go on, and store what is being removed.
 *
 * @throws ARGUMENT_INVALID for an age that is none, and for a run store that shares its folder with others
 */
export async function collectArtifacts(
  store: ArtifactStore,
  runStore: RunStore,
  { olderThan = millisecondsPerDay, dryRun = false, signal }: CollectOptions = {},
): Promise<CollectedArtifacts> {
  if (!(olderThan >= 0)) {
    throw new StackError({ code: 'ARGUMENT_INVALID', message: `Nothing can be older than ${olderThan} milliseconds.` });
  }
  const { folder, isOwn } = await runStore.artifactPlace();
  if (!isOwn) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `Artifacts of others are in the folder ${folder} too: what is not recorded here need not be garbage.`,
      hint: 'Collect with the run store of a project.',
    });
  }
  const before = Date.now() - olderThan;
  const objects: UnreferencedObject[] = [];
  let batch: UnreferencedObject[] = [];
  const collectBatch = async () => {
    const removed = new Set(
      await removeUnreferenced(
        store,
        runStore,
        batch.map(({ path }) => path),
        { dryRun, signal },
      ),
    );
    objects.push(...batch.filter(({ path }) => removed.has(path)));
    batch = [];
  };
  for await (const { path, size, modifiedAt } of store.walk(folder, { signal })) {
    if (modifiedAt.getTime() > before) continue;
    batch.push({ path, size, modifiedAt });
    if (batch.length === objectsAtOnce) await collectBatch();
  }
  await collectBatch();
  const logsOfRuns = await runStore.listDeletedRuns(store.name);
  if (!dryRun) for (const runId of logsOfRuns) await removeLogs(store, runStore, runId, { signal });
  return { store: store.name, objects, logsOfRuns };
}

/**
 * Removes those of the objects that no artifact refers to.
 *
 * Whoever stores bytes that are there already does not write them again, and refers to them later: that could be when they
 * are gone. So they are condemned first, in the transaction that finds that nothing refers to them; from then on the run
 * store refuses whatever refers to them, and whoever was refused stores them under another name. So nothing depends on
 * clocks, on who is faster, or on what a backend can do at a condition.
 *
 * @returns the paths of those that are gone
 */
export async function removeUnreferenced(
  store: ArtifactStore,
  runStore: RunStore,
  paths: readonly string[],
  { dryRun = false, signal }: Pick<CollectOptions, 'dryRun' | 'signal'> = {},
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (let start = 0; start < paths.length; start += objectsAtOnce) {
    const [time, ticks] = [Date.now(), performance.now()];
    const condemned = await runStore.condemnObjects(paths.slice(start, start + objectsAtOnce), { dryRun });
    // Neither clock counts all of the time: one is set, the other stands still while the machine sleeps.
    const pause = Math.max(Date.now() - time, performance.now() - ticks);
    if (pause > longestPause) continue;
    if (!dryRun) await store.removeMany(condemned, { signal });
    gone.push(...condemned);
  }
  return gone;
}

/** Removes what a deleted run has printed. */
export async function removeLogs(
  store: ArtifactStore,
  runStore: RunStore,
  runId: string,
  { signal }: OperationOptions = {},
): Promise<void> {
  await store.removeTree(runLogFolder(runId), { signal });
  await runStore.forgetDeletedRun(runId, store.name);
}
