import { lstat, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOfEndedProcess } from './process-mark.ts';

/**
 * Removes the temporary folders that killed processes of this user and host have left. Of processes that run, and of other
 * hosts and containers, nothing is touched.
 *
 * @returns the paths of what was removed
 */
export async function removeAbandonedFolders(): Promise<readonly string[]> {
  const parent = tmpdir();
  const abandoned = (await readdir(parent)).filter(isOfEndedProcess).map((name) => join(parent, name));
  const removed: string[] = [];
  for (const path of abandoned) {
    if (!(await isOwn(path))) continue;
    await rm(path, { recursive: true, force: true });
    removed.push(path);
  }
  return removed;
}

async function isOwn(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
  } catch {
    // Somebody else was faster.
    return false;
  }
}
