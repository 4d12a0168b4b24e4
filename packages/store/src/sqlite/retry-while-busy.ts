import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from '@stack/core/errors';
import { isBusy } from './sqlite-error.ts';

/** For how long a store waits for other processes, in milliseconds. */
export const lockPatience = 30_000;

const longestDelay = 50;

/**
 * Runs work again while other processes are in its way. It waits without blocking this process, for a random time, so
 * that processes that came at once do not come back at once.
 *
 * @param patience milliseconds
 * @throws STORE_UNAVAILABLE when the patience is at its end
 */
export async function retryWhileBusy<Result>(
  file: string,
  patience: number,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  // Asked for only when needed: loading the clock takes as long as opening a store.
  let start: number | undefined;
  for (let delay = 2; ; delay = Math.min(delay * 2, longestDelay)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      start ??= performance.now();
      if (performance.now() - start >= patience) throw lockedStore(file, patience, error);
    }
    await sleep(1 + Math.random() * delay);
  }
}

function lockedStore(file: string, patience: number, cause: unknown): StackError {
  return new StackError({
    code: 'STORE_UNAVAILABLE',
    message: `The metadata store ${file} has been locked by another process for ${patience / 1000} s.`,
    hint: `Find the process that holds it, and end it if it hangs: fuser ${file}`,
    cause,
  });
}
