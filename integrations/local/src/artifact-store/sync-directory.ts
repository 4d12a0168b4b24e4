import { closeSync, constants, openSync, statSync } from 'node:fs';
import type { ConfinedDirectory } from './confined-directory.ts';
import { exclusively } from './exclusively.ts';
import { syncFile } from './system-calls.ts';

/** Syncs that have not begun, by the directory. */
const waiting = new Map<string, Promise<void>>();

/**
 * Waits until the disk has the entries that a directory has now. Only one sync of a directory is under way at once; those
 * who come meanwhile share the one after it.
 */
export function syncDirectory(directory: ConfinedDirectory): Promise<void> {
  const { dev, ino } = statSync(directory.path, { bigint: true });
  const name = `sync ${dev}:${ino}`;
  const known = waiting.get(name);
  if (known !== undefined) return known;
  const sync = exclusively(name, async () => {
    // It may not have what is entered from now on.
    waiting.delete(name);
    const descriptor = openSync(`${directory.path}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await syncFile(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
  waiting.set(name, sync);
  return sync;
}
