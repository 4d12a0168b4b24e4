import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobName, keyOfBlob } from './blob-name.ts';

test.each([
  ['reports/today.txt', 'reports/today.txt'],
  ['a\\b', 'a%5Cb'],
  ['a./b..', 'a%2E/b.%2E'],
  ['.a', '.a'],
  ['...', '..%2E'],
  ['100%', '100%'],
  ['a%2Fb', 'a%2Fb'],
  ['a%5Cb', 'a%5%Cb'],
  ['a%5%Cb', 'a%5%%Cb'],
  ['a%2E/b%2Ec', 'a%2%E/b%2Ec'],
  ['%5\\', '%5%5C'],
  ['%2.', '%2%2E'],
])('the key %j has the blob %j', (key, name) => {
  expect(blobName(key)).toBe(name);
  expect(keyOfBlob(name)).toBe(key);
});

test('every key comes back from its name, which is one that Azure keeps, and does not come after the key', () => {
  const keys = fc.string({ unit: fc.constantFrom('%', '5', 'C', '2', 'E', '\\', '.', '/', 'a') });
  fc.assert(
    fc.property(keys, (key) => {
      const name = blobName(key);
      expect(keyOfBlob(name)).toBe(key);
      expect(name).not.toMatch(/\\|\.(?:\/|$)/);
      expect(Buffer.compare(Buffer.from(name), Buffer.from(key))).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2000 },
  );
});
