import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Operations } from './benched-store.ts';

/** How many objects of a directory are under way at once: as many as in `uploadDirectory` by default. */
const concurrency = 16;

/** A directory is uploaded file by file, each as a whole: for what has no method of its own. */
export function uploadBy(put: Operations['put']): Operations['upload'] {
  return async (folder, directory) => {
    await atOnce(await filesBelow(folder), async (file) =>
      put(`${directory}/${file}`, await readFile(join(folder, file))),
    );
  };
}

/** A directory is downloaded object by object, each as a whole: for what has no method of its own. */
export function downloadBy(
  keysBelow: (directory: string) => Promise<readonly string[]>,
  get: (key: string) => Promise<Uint8Array>,
): Operations['download'] {
  return async (directory, folder) => {
    const keys = await keysBelow(directory);
    const files = keys.map((key) => join(folder, key.slice(directory.length + 1)));
    for (const parent of new Set(files.map((file) => dirname(file)))) await mkdir(parent, { recursive: true });
    await atOnce(keys.keys(), async (index) => writeFile(files[index] ?? '', await get(keys[index] ?? '')));
  };
}

/** Does something with every item, with so many at once. */
export async function atOnce<Item>(items: Iterable<Item>, action: (item: Item) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const work = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Every file below a folder, relative to it, with `/` between the segments. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
