import type { ListEntry } from '@stack/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobName, keyOfBlob } from './blob-name.ts';
import { ListingOrder } from './listing-order.ts';

const modifiedAt = new Date(0);

/** The entry for a name; one with a `/` at its end is that of a directory. */
function entryOf(name: string): ListEntry {
  if (name.endsWith('/')) return { type: 'directory', path: keyOfBlob(name).slice(0, -1) };
  return { type: 'file', path: keyOfBlob(name), size: 0, modifiedAt };
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What an order gives of names that come as Blob Storage lists them: after each of them, and at the end. */
function ordered(prefix: string, names: readonly string[]): string[][] {
  const order = new ListingOrder(prefix);
  const given = [...names].sort().map((name) => order.take(name, entryOf(name)));
  return [...given, order.end()].map((entries) =>
    entries.map(({ type, path }) => (type === 'directory' ? `${path}/` : path)),
  );
}

test('ordinary entries do not wait', () => {
  expect(ordered('', ['a', 'a-b', 'a/', 'a0', '\u00e9', '\uE000'])).toEqual([
    ...[['a'], ['a-b'], ['a/'], ['a0'], ['\u00e9'], ['\uE000']],
    [],
  ]);
});

test('characters beyond U+FFFF wait for those that belong before them', () => {
  expect(ordered('', ['a\u{1F600}', 'a\uFFFD', 'b'])).toEqual([[], ['a\uFFFD'], ['a\u{1F600}', 'b'], []]);
});

test('what all names begin with lets nothing wait', () => {
  expect(ordered('\u{1F600}/', ['\u{1F600}/a', '\u{1F600}/b'])).toEqual([['\u{1F600}/a'], ['\u{1F600}/b'], []]);
});

test('an escaped name waits for its place', () => {
  expect(ordered('', [blobName('a\\b'), 'aA', 'aZ', 'a_'])).toEqual([[], ['aA'], ['aZ'], ['a\\b', 'a_'], []]);
});

test('whatever the keys, they come out in the order of their bytes', () => {
  const unit = fc.constantFrom(
    'a',
    '-',
    '/',
    '0',
    '%',
    '5',
    'C',
    '\\',
    '.',
    '\uE000',
    '\uFFFD',
    '\u{1F600}',
    '\u{10FFFF}',
  );
  const keys = fc.uniqueArray(fc.string({ unit, maxLength: 6 }));
  fc.assert(
    fc.property(keys, fc.string({ unit, maxLength: 2 }), (names, prefix) => {
      const expected = names.map((name) => prefix + name);
      expect(ordered(blobName(`${prefix}x`).slice(0, -1), expected.map(blobName)).flat()).toEqual(
        expected.sort(byteOrder),
      );
    }),
    { numRuns: 2000 },
  );
});
