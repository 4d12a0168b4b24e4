import { createHash } from 'node:crypto';
import {
  type ArtifactLocation,
  type ArtifactRecord,
  type ArtifactStore,
  forEachAtOnce,
  type OperationOptions,
  StackError,
  type StoredObject,
} from '@stack/core';
import { artifactObjects } from './artifact-objects.ts';

/** How many objects are read at once. */
const objectsAtOnce = 8;

export interface VerifyOptions extends OperationOptions {
  /** Opens the store of an artifact; called once for each. Whoever calls `verifyArtifacts` disposes of it. */
  readonly openStore: (location: ArtifactLocation) => Promise<ArtifactStore>;
  /** How many objects are read at once, at least 1. Default 8. */
  readonly concurrency?: number | undefined;
  /**
   * Whether to remove objects whose bytes are wrong, so that they are no results of the cache any more, and steps write
   * them anew. Default `false`.
   */
  readonly remove?: boolean | undefined;
}

/** An object that is not as it was written. */
export interface DamagedObject {
  /** The first artifact that it was found in. */
  readonly artifact: ArtifactRecord;
  /** Path of the object, relative to the root of its store. */
  readonly path: string;
  /** `missing`: it is gone. `damaged`: its bytes are others, fewer or more. `removed`: they were, and it is gone by now. */
  readonly state: 'missing' | 'damaged' | 'removed';
  /** What is wrong with it, to stand after its name. */
  readonly problem: string;
}

/** An artifact store that could not be asked, so that nothing is known of what it holds. */
export interface UnreachableStore {
  readonly store: ArtifactLocation;
  readonly error: StackError;
  /** How many objects were not looked at. */
  readonly objects: number;
}

export interface Verification {
  readonly artifacts: number;
  /** The objects that were read, each once, however many artifacts have it. */
  readonly objects: number;
  /** The bytes that were read. */
  readonly bytes: number;
  readonly damaged: readonly DamagedObject[];
  readonly unreachable: readonly UnreachableStore[];
}

interface OpenedStore {
  readonly location: ArtifactLocation;
  readonly opening: Promise<ArtifactStore>;
  /** Why it is not asked any more. */
  failure: StackError | undefined;
  unread: number;
}

/**
 * Reads all bytes of artifacts, from the stores that have them, and compares size and SHA-256 with what was recorded. It
 * holds no more than a chunk of each object that is under way. Damage is a result; so is a store that does not answer,
 * which is not asked for further objects then.
 *
 * @throws ABORTED
 */
export async function verifyArtifacts(
  artifacts: Iterable<ArtifactRecord> | AsyncIterable<ArtifactRecord>,
  { openStore, concurrency = objectsAtOnce, remove = false, signal }: VerifyOptions,
): Promise<Verification> {
  const stores = new Map<string, OpenedStore>();
  const damaged: DamagedObject[] = [];
  const counts = { artifacts: 0, objects: 0, bytes: 0 };

  const storeOf = (location: ArtifactLocation): OpenedStore => {
    const known = stores.get(location.component);
    if (known !== undefined) return known;
    const opening = openStore(location);
    // Whoever awaits it learns of its failure.
    opening.catch(() => {});
    const opened: OpenedStore = { location, opening, failure: undefined, unread: 0 };
    stores.set(location.component, opened);
    return opened;
  };

  await forEachAtOnce(eachObjectOnce(artifacts, counts), concurrency, async ({ artifact, object }) => {
    signal?.throwIfAborted();
    const store = storeOf(artifact.store);
    if (store.failure !== undefined) {
      store.unread++;
      return;
    }
    const { path } = object;
    try {
      const opened = await store.opening;
      const { bytes, finding } = await examine(opened, object, signal);
      if (finding !== undefined) {
        const isRemoved = remove && finding.state === 'damaged';
        if (isRemoved) await opened.removeMany([path], { signal });
        damaged.push({ artifact, path, ...finding, ...(isRemoved ? { state: 'removed' } : {}) });
      }
      counts.objects++;
      counts.bytes += bytes;
    } catch (error) {
      signal?.throwIfAborted();
      if (!StackError.is(error)) throw error;
      store.failure ??= error;
      store.unread++;
    }
  });
  return {
    ...counts,
    damaged,
    unreachable: [...stores.values()].flatMap(({ location, failure, unread }) =>
      failure === undefined ? [] : [{ store: location, error: failure, objects: unread }],
    ),
  };
}

async function* eachObjectOnce(
  artifacts: Iterable<ArtifactRecord> | AsyncIterable<ArtifactRecord>,
  counts: { artifacts: number },
): AsyncIterable<{ readonly artifact: ArtifactRecord; readonly object: StoredObject }> {
  const seen = new Set<string>();
  for await (const artifact of artifacts) {
    counts.artifacts++;
    for (const object of artifactObjects(artifact)) {
      // Two records of one path need not agree on its bytes.
      const key = `${artifact.store.component}\n${object.path}\n${object.size}\n${object.sha256}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { artifact, object };
    }
  }
}

interface Examined {
  readonly bytes: number;
  readonly finding?: Pick<DamagedObject, 'state' | 'problem'>;
}

/** @throws what is about the store, and not about the object */
async function examine(
  store: ArtifactStore,
  { path, size, sha256 }: StoredObject,
  signal: AbortSignal | undefined,
): Promise<Examined> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    // Given the digest, the store would tell of wrong bytes, and not of how many there are.
    for await (const chunk of await store.openRead(path, { signal })) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
  } catch (error) {
    if (StackError.is(error, 'NOT_FOUND')) return { bytes: 0, finding: { state: 'missing', problem: 'is gone' } };
    if (!StackError.is(error, 'INTEGRITY')) throw error;
    return { bytes: 0, finding: { state: 'damaged', problem: 'is damaged, as its store finds' } };
  }
  const found = hash.digest('hex');
  if (bytes === size && found === sha256) return { bytes };
  const problem =
    bytes === size
      ? `has the digest ${found}, and was written with ${sha256}`
      : `has ${bytes} bytes, and ${size} were written`;
  return { bytes, finding: { state: 'damaged', problem } };
}
