import { setTimeout as delay } from 'node:timers/promises';
import type { RetryPolicy } from '../config/artifact-store-config.ts';

/** Waits before the attempt after this one, counted from 1: exponential backoff with full jitter. */
export async function backOff(policy: RetryPolicy, attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const longest = Math.min(policy.maximumDelay, policy.baseDelay * 2 ** (attempt - 1));
  await delay(Math.random() * longest, undefined, { signal });
}
