import { type Problem, StackError } from '../errors/index.ts';
import type { ArtifactStore, OperationOptions } from './artifact-store.ts';

/** So many objects are looked at for each that is to be written, at most, and some more. */
const looksPerObject = 10;
const furtherLooks = 1000;

/**
 * What is in the way of objects that are to be written below a directory: those whose directory one of them would be, and
 * those below which they would lie. `undefined` where more objects are there than it would pay to look at.
 */
export async function uploadConflicts(
  store: ArtifactStore,
  directory: string,
  keys: readonly string[],
  options: OperationOptions,
): Promise<readonly Problem[] | undefined> {
  const wanted = new Set(keys);
  const wantedDirectories = new Set(keys.flatMap(directoriesOf));
  const inTheWay = new Set<string>();
  let looks = keys.length * looksPerObject + furtherLooks;
  for await (const { path } of store.walk(directory, options)) {
    if (--looks < 0) return undefined;
    if (wantedDirectories.has(path)) inTheWay.add(path);
    for (const parent of directoriesOf(path)) if (wanted.has(parent)) inTheWay.add(parent);
  }
  const above = directory === '' ? [] : [...directoriesOf(directory), directory];
  await Promise.all(
    above.map(async (path) => {
      if (await isObject(store, path, options)) inTheWay.add(path);
    }),
  );
  return [...inTheWay].map((path) => ({
    path,
    message: wanted.has(path) ? 'is a directory' : 'is an object, and files would lie below it',
    code: 'PATH_CONFLICT',
  }));
}

async function isObject(store: ArtifactStore, path: string, options: OperationOptions): Promise<boolean> {
  try {
    await store.stat(path, options);
    return true;
  } catch (error) {
    if (StackError.is(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

/** The keys of all directories that a key lies in. */
function directoriesOf(key: string): string[] {
  return [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));
}
