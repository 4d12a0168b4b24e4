import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './error-code.ts';

/** Milliseconds after which a lock is one of a process that was killed: whoever holds one needs a few. */
const abandonedAfter = 10_000;
const pollInterval = 20;

/**
 * Runs an action while no other process runs one with the same lock file, until the action says that it is done.
 *
 * @param action is to ask `isHeld` before what cannot be undone, since a process that was stopped for long loses the lock
 */
export async function withLockFile(
  file: string,
  action: (isHeld: () => Promise<boolean>) => Promise<boolean>,
): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const token = randomUUID();
    await acquire(file, token);
    const isHeld = async () => (await readFile(file, 'utf8').catch(() => '')) === token;
    try {
      isDone = await action(isHeld);
    } finally {
      if (await isHeld()) await rm(file, { force: true });
    }
  }
}

async function acquire(file: string, token: string): Promise<void> {
  for (;;) {
    try {
      await using handle = await open(file, 'wx', 0o600);
      await handle.writeFile(token);
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > abandonedAfter) await rm(file, { force: true });
    else await delay(pollInterval);
  }
}
