import { expect, test } from 'vitest';
import { listedEntries } from './listed-entries.ts';

const LastModified = new Date('2026-01-02T03:04:05.678Z');
const modifiedAt = new Date('2026-01-02T03:04:05Z');

test('files and directories stand in the order of their bytes, relative to the prefix', () => {
  const page = {
    Contents: [
      { Key: 'p/a', Size: 1, LastModified },
      { Key: 'p/a0', Size: 2, LastModified },
      { Key: 'p/\u{10000}', Size: 3, LastModified },
      { Key: 'p/\uFFFD', Size: 4, LastModified },
    ],
    CommonPrefixes: [{ Prefix: 'p/a/' }],
  };
  expect(listedEntries(page, 'p/')).toEqual([
    { type: 'file', path: 'a', size: 1, modifiedAt },
    { type: 'directory', path: 'a' },
    { type: 'file', path: 'a0', size: 2, modifiedAt },
    { type: 'file', path: '\uFFFD', size: 4, modifiedAt },
    { type: 'file', path: '\u{10000}', size: 3, modifiedAt },
  ]);
});

test.each([
  ['url', 'a%2Bb+c%25', 'a+b c%'],
  [undefined, 'a%2Bb+c%25', 'a%2Bb+c%25'],
] as const)('keys in the encoding %s are decoded', (EncodingType, Key, path) => {
  const page = { Contents: [{ Key, Size: 1, LastModified }], ...(EncodingType && { EncodingType }) };
  expect(listedEntries(page, '')).toEqual([{ type: 'file', path, size: 1, modifiedAt }]);
});

test('what cannot be an artifact is left out', () => {
  const Contents = ['p/', 'p/a/', 'p/%FF', 'p/a//b', 'p/../b', 'p/good'].map((Key) => ({ Key, LastModified }));
  const page = { Contents, CommonPrefixes: [{ Prefix: 'p//' }], EncodingType: 'url' as const };
  expect(listedEntries(page, 'p/').map(({ path }) => path)).toEqual(['good']);
});
