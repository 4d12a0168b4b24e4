import { AssertionError } from 'node:assert/strict';

/**
 * Fails unless the bytes are the same, and says where they are not. An assertion of Node would print them all, which
 * takes gigabytes.
 */
export function expectBytes(found: Uint8Array | undefined, expected: Uint8Array, what = 'the object'): void {
  if (found === undefined) throw new AssertionError({ message: `${what} is missing` });
  const length = Math.min(found.length, expected.length);
  let index = 0;
  while (index < length && found[index] === expected[index]) index++;
  if (index < length) throw new AssertionError({ message: `the bytes of ${what} are others from byte ${index} on` });
  if (found.length === expected.length) return;
  throw new AssertionError({ message: `${what} has ${found.length} bytes, and not ${expected.length}` });
}

/** The same for many texts, in their order. */
export function expectTexts(found: readonly string[], expected: readonly string[], what = 'the listing'): void {
  const length = Math.min(found.length, expected.length);
  let index = 0;
  while (index < length && found[index] === expected[index]) index++;
  if (index === length && found.length === expected.length) return;
  const [actual, wanted] = [found[index], expected[index]].map((text) => JSON.stringify(text) ?? 'nothing');
  throw new AssertionError({
    message: `${what} has ${found.length} entries, ${expected.length} are expected; entry ${index} is ${actual}, and not ${wanted}`,
  });
}
