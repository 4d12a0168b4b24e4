import { describe, expect, test } from 'vitest';
import { nameOf, segmentOf, stagingFolder } from './file-name.ts';

const segments = [
  'a',
  'A',
  'case',
  'Case',
  'CASE',
  '\u00e9',
  'e\u0301',
  '\u00c9',
  'stra\u00dfe',
  'strasse',
  'STRASSE',
  'K',
  '\u212a',
  'ends with a dot.',
  'line\nbreak',
  stagingFolder,
  `${stagingFolder}~`,
  '.STACK-STAGING',
  'X'.repeat(240),
  '\u00e9'.repeat(120),
];

describe.each([
  ['keeps names apart', false],
  ['folds names', true],
])('on a disk that %s', (_, isFolding) => {
  const names = segments.map((segment) => nameOf(segment, isFolding));
  const fold = (name: string) => (isFolding ? name.normalize('NFKC').toUpperCase().toLowerCase() : name);
  // A name is a segment as well.
  const all = [...segments, ...names.filter((name) => Buffer.byteLength(name) <= 240)];

  test('each segment comes back from its name', () => {
    for (const segment of all) expect(segmentOf(nameOf(segment, isFolding), isFolding)).toBe(segment);
  });

  test('no name is that of the staging folder, or longer than 255 bytes', () => {
    for (const segment of all) {
      expect(fold(nameOf(segment, isFolding))).not.toBe(stagingFolder);
      expect(Buffer.byteLength(nameOf(segment, isFolding))).toBeLessThanOrEqual(255);
    }
  });

  test('no two segments have one name', () => {
    expect(new Set(names.map(fold)).size).toBe(segments.length);
  });
});

test('names without a need stay as they are', () => {
  expect(['Case', 'a~b', '\u00e9'].map((segment) => nameOf(segment, false))).toEqual(['Case', 'a~b', '\u00e9']);
  expect(nameOf('sha256-0a.bin', true)).toBe('sha256-0a.bin');
});
