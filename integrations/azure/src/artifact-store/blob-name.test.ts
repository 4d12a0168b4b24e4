import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobName, keyOfBlob } from './blob-name.ts';

test.each([
  ['reports/today.txt', 'reports/today.txt'],
  ['a\\b', 'a%u005Cb'],
  ['a./b..', 'a%u002E/b.%u002E'],
  ['a\u007F\u0085\uFFFF', 'a%u007F%u0085%uFFFF'],
  ['.a', '.a'],
  ['...', '..%u002E'],
  ['100%', '100%'],
  ['a%5Cb%2F', 'a%5Cb%2F'],
  ['a%u0041', 'a%u0041'],
  ['a%u005Cb', 'a%u005%Cb'],
  ['a%u005%Cb', 'a%u005%%Cb'],
  ['a%u002E/b%u002Ec', 'a%u002%E/b%u002Ec'],
  ['%u005\\', '%u005%u005C'],
  ['%u002.', '%u002%u002E'],
])('the key %j has the blob %j', (key, name) => {
  expect(blobName(key)).toBe(name);
  expect(keyOfBlob(name)).toBe(key);
});

test('every key comes back from its name, which is one that Azure keeps, and does not come after the key', () => {
  const keys = fc.string({
    unit: fc.constantFrom('%', '%u00', '5', 'C', '2', 'E', '\\', '.', '/', 'a', '\u0085', '\uFFFF'),
  });
  fc.assert(
    fc.property(keys, (key) => {
      const name = blobName(key);
      expect(keyOfBlob(name)).toBe(key);
      expect(name).not.toMatch(/[\\\u0085\uFFFF]|\.(?:\/|$)/);
      expect(Buffer.compare(Buffer.from(name), Buffer.from(key))).toBeLessThanOrEqual(0);
    }),
    { numRuns: 2000 },
  );
});
