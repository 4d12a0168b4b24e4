import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ArtifactStore, type OperationOptions, onDisk, StackError, type StoredObject } from '@stack/core';
import { isSmall, readObject } from './stored-object.ts';

/** A stream of a file's bytes. The file is opened when it is read from: one that nobody reads breaks for nobody. */
export function openFile(path: string): Readable {
  return openLater(async () => createReadStream(path));
}

/** A stream of an object's bytes, checked, that is opened when it is read from. */
export function openObject(store: ArtifactStore, object: StoredObject, options: OperationOptions): Readable {
  return openLater(() => store.openRead(object.path, { ...options, sha256: object.sha256 }));
}

function openLater(open: () => Promise<Readable>): Readable {
  const read = async function* () {
    yield* await open();
  };
  return Readable.from(read(), { objectMode: false });
}

/** Writes the bytes of an object, checked, to a path where nothing is. */
export async function downloadObject(
  store: ArtifactStore,
  object: StoredObject,
  path: string,
  options: OperationOptions,
): Promise<void> {
  const target = { flag: 'wx', flags: 'wx' };
  if (isSmall(object.size)) {
    const bytes = await readObject(store, object, options);
    await onDisk('written', path, () => writeFile(path, bytes, target));
  } else {
    await onDisk('written', path, () => pipeline(openObject(store, object, options), createWriteStream(path, target)));
  }
}

/**
 * Puts a file or folder, as a whole, where nothing is.
 *
 * @param write writes it to the path that it is given
 * @throws ALREADY_EXISTS
 */
export async function placeNew(target: string, write: (path: string) => Promise<void>): Promise<void> {
  const path = resolve(target);
  const isTaken = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isTaken) {
    throw new StackError({
      code: 'ALREADY_EXISTS',
      message: `There is something at ${path}.`,
      hint: 'Remove it first, or give another path.',
    });
  }
  const folder = await onDisk('made', dirname(path), async () => {
    await mkdir(dirname(path), { recursive: true });
    return mkdtemp(join(dirname(path), '.stack-copy-'));
  });
  try {
    const partial = join(folder, 'content');
    await write(partial);
    await onDisk('written', path, () => rename(partial, path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
