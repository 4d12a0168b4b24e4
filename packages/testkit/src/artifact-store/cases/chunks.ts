import { randomBytes } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

export const megabyte = 1024 * 1024;

/** One of each byte. */
export const allBytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

/** The parts as a stream, each in a turn of its own where others shall get theirs in between. */
export async function* chunks(
  parts: readonly (Uint8Array | string)[],
  inTurns = false,
): AsyncGenerator<Uint8Array | string> {
  for (const part of parts) {
    if (inTurns) await nextTurn();
    yield part;
  }
}

/** Milliseconds in which a store that does not wait for the end of a write would have shown its beginning. */
export const settlingTime = 30;

/** A stream that breaks after a megabyte, when that had its time to come through. */
export async function* failingChunks(failure: Error): AsyncGenerator<Uint8Array> {
  yield randomBytes(megabyte);
  await delay(settlingTime);
  throw failure;
}

export function inParts(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
