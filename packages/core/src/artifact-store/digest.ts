import { createHash, hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StackError } from '../errors/index.ts';

/** So many bytes are hashed without letting others have their turn: some 4 ms. */
const bytesPerTurn = 4 * 1024 * 1024;

/** The SHA-256 of bytes, in hexadecimal digits. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength <= bytesPerTurn) return hash('sha256', bytes);
  const digest = createHash('sha256');
  for (let start = 0; start < bytes.byteLength; start += bytesPerTurn) {
    digest.update(bytes.subarray(start, start + bytesPerTurn));
    await nextTurn();
  }
  return digest.digest('hex');
}

/** @throws INTEGRITY unless both are the same */
export function checkDigest(found: string, expected: string): void {
  if (found === expected) return;
  throw new StackError({
    code: 'INTEGRITY',
    message: `the bytes have the SHA-256 ${found}, and not ${expected}`,
  });
}

/** @throws ARGUMENT_INVALID unless it is a SHA-256 as 64 hexadecimal digits in lower case, and of a whole object */
export function checkPromise(sha256: string, isWhole = true): void {
  if (isWhole && /^[0-9a-f]{64}$/.test(sha256)) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: isWhole
      ? `${JSON.stringify(sha256)} is not a SHA-256: 64 hexadecimal digits in lower case.`
      : 'The SHA-256 of an object cannot be checked on a part of it.',
  });
}
