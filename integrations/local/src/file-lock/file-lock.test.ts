import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from './file-lock.ts';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-lock-'));
  lock = join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true }));

/** An action that lasts a while, and notes whether another one ran meanwhile. */
function watchedAction() {
  let running = 0;
  let most = 0;
  const action = async () => {
    most = Math.max(most, ++running);
    await delay(2);
    running--;
  };
  return { action, most: () => most };
}

test('one action runs at a time, and the lock is gone afterwards, also when one fails', async () => {
  const { action, most } = watchedAction();
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, action)));
  expect(most()).toBe(1);
  await expect(withFileLock(lock, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that is gone is taken over, by one of many', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  await writeFile(lock, `${pid} ${hostname()} some-id`);
  const { action, most } = watchedAction();
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, action)));
  expect(most()).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('a lock of another machine is taken over once it is older than any action', async () => {
  await writeFile(lock, '1 another-machine some-id');
  const waiting = withFileLock(lock, async () => 'done');
  expect(await Promise.race([waiting, delay(100, 'waits')])).toBe('waits');
  await utimes(lock, new Date(0), new Date(Date.now() - 60_000));
  expect(await waiting).toBe('done');
});

test('a lock that was taken over is not held any more, and stays with the one who has it', async () => {
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const { promise: isTaken, resolve: take } = Promise.withResolvers<void>();
  let another: Promise<void> | undefined;
  await withFileLock(lock, async (isHeld) => {
    expect(await isHeld()).toBe(true);
    await utimes(lock, new Date(0), new Date(Date.now() - 60_000));
    another = withFileLock(lock, async () => {
      take();
      await isOver;
    });
    await isTaken;
    expect(await isHeld()).toBe(false);
  });
  expect(await readdir(folder)).toEqual(['lock']);
  end();
  await another;
});
