import { setTimeout as sleep } from 'node:timers/promises';

/** For how long a store waits for other processes, in milliseconds. */
export const lockPatience = 30_000;

const longestDelay = 50;

export interface RetryOptions {
  /** In milliseconds. */
  readonly patience: number;
  /** Whether others were in the way, so that it may work when tried again. */
  readonly isBusy: (error: unknown) => boolean;
  /** The error for the end of the patience. */
  readonly giveUp: (cause: unknown) => Error;
}

/**
 * Runs work again while other processes are in its way. It waits without blocking this process, for a random time, so
 * that processes that came at once do not come back at once.
 */
export async function retryWhileBusy<Result>(
  { patience, isBusy, giveUp }: RetryOptions,
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
      if (performance.now() - start >= patience) throw giveUp(error);
    }
    await sleep(1 + Math.random() * delay);
  }
}
