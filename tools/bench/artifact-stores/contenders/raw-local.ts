import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BenchedStore } from '../benched-store.ts';
import { atOnce, filesBelow } from '../directories.ts';
import type { LocalPlace } from '../place.ts';

const chunkSize = 256 * 1024;

/** The least that a program of its own would do to write as a whole or not at all. */
export default function openRawLocal({ folder, durability }: LocalPlace): BenchedStore {
  const write = async (key: string, source: Uint8Array | Readable) => {
    const target = join(folder, key);
    const partial = join(folder, randomUUID());
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(source);
      if (durability === 'fsync') await file.sync();
    } finally {
      await file.close();
    }
    await inFolder(target, () => rename(partial, target));
    if (durability === 'fsync') await syncDirectory(dirname(target));
  };
  return {
    by: `node:fs ${process.versions.node}: writeFile, ${durability === 'fsync' ? 'fsync, rename, fsync of the folder' : 'rename'}; streams of 256 KiB; copyFile, 16 files at once; readdir with lstat`,
    put: write,
    get: (key) => readFile(join(folder, key)),
    write,
    read: async (key) => createReadStream(join(folder, key), { highWaterMark: chunkSize }),
    async upload(from, directory) {
      await atOnce(await filesBelow(from), async (file) => {
        const target = join(folder, directory, file);
        if (durability === 'rename') await inFolder(target, () => copyFile(join(from, file), target));
        else await write(join(directory, file), await readFile(join(from, file)));
      });
    },
    async download(directory, to) {
      await atOnce(await filesBelow(join(folder, directory)), async (file) => {
        const target = join(to, file);
        await inFolder(target, () => copyFile(join(folder, directory, file), target));
      });
    },
    async list(directory) {
      const entries = await readdir(join(folder, directory), { recursive: true, withFileTypes: true });
      let count = 0;
      await atOnce(entries, async (entry) => {
        if (entry.isFile() && (await lstat(join(entry.parentPath, entry.name))).isFile()) count++;
      });
      return count;
    },
  };
}

/** Does something with a file, and only where its folder is not there makes that first. */
async function inFolder(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    await mkdir(dirname(file), { recursive: true });
    await action();
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}
