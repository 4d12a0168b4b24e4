import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from '@stack/core';

/** Milliseconds after which a lock is left over from a process that nobody can ask: an action takes far less. */
const longestAction = 10_000;
/** Milliseconds to wait for others in all, and at most before another try. */
const longestWait = 30_000;
const longestPause = 20;

/**
 * Runs an action while no other process runs one under the same lock, which is a file that is there meanwhile. The lock of
 * a process that was killed is taken over.
 *
 * @param action may ask whether the lock is still held before what it cannot undo: a process that was stopped for long, as
 * by a debugger, loses it
 * @throws UNAVAILABLE when others hold it for half a minute
 */
export async function withFileLock<Result>(
  lock: string,
  action: (isHeld: () => Promise<boolean>) => Promise<Result>,
): Promise<Result> {
  const owner = `${process.pid} ${hostname()} ${randomUUID()}`;
  const started = performance.now();
  while (!(await take(lock, owner))) {
    if (performance.now() - started > longestWait) {
      throw new StackError({ code: 'UNAVAILABLE', message: `other processes hold the lock ${lock}` });
    }
    await removeLeftOver(lock);
    await delay(Math.random() * longestPause);
  }
  const isHeld = async () => (await readFile(lock, 'utf8').catch(ignoreMissing)) === owner;
  try {
    return await action(isHeld);
  } finally {
    if (await isHeld()) await unlink(lock).catch(ignoreMissing);
  }
}

async function take(lock: string, owner: string): Promise<boolean> {
  try {
    await writeFile(lock, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeLeftOver(lock: string): Promise<void> {
  const owner = await readFile(lock, 'utf8').catch(ignoreMissing);
  if (owner === undefined || !(await isLeftOver(lock, owner))) return;
  // Moved away first: of several that find it left over, one alone takes it, and sees whether it is still that one.
  const aside = `${lock}-${randomUUID()}`;
  await rename(lock, aside).catch(ignoreMissing);
  const moved = await readFile(aside, 'utf8').catch(ignoreMissing);
  if (moved !== undefined && moved !== owner) await rename(aside, lock);
  else await unlink(aside).catch(ignoreMissing);
}

async function isLeftOver(lock: string, owner: string): Promise<boolean> {
  const [pid, host] = owner.split(' ');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  const found = await stat(lock).catch(ignoreMissing);
  return found !== undefined && Date.now() - found.mtimeMs > longestAction;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
