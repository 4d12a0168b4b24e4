import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait between two attempts: exponential backoff with full jitter. In milliseconds. */
export interface Backoff {
  /** Longest wait before the second attempt. It doubles with each further one. */
  readonly baseDelay: number;
  /** Longest wait between two attempts. */
  readonly maximumDelay: number;
}

/** What requests of components and attempts of steps wait where nothing else is said. */
export const defaultBackoff: Backoff = { baseDelay: 200, maximumDelay: 10_000 };

/** Waits before the attempt after this one, counted from 1. Rejects when the signal aborts. */
export async function backOff(
  { baseDelay, maximumDelay }: Backoff,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const longest = Math.min(maximumDelay, baseDelay * 2 ** (attempt - 1));
  await delay(Math.random() * longest, undefined, { signal });
}
