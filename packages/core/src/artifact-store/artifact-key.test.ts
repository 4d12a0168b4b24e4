import { describe, expect, test } from 'vitest';
import { artifactKey } from './artifact-key.ts';

const root = 's3://bucket/prefix';

test.each([
  ['a/b', 'a/b'],
  ['s3://bucket/prefix/a/b', 'a/b'],
  ['', ''],
  ['s3://bucket/prefix', ''],
  ['s3://bucket/prefix/', ''],
  ['s3:/a', 's3:/a'],
  ['%2e%2e/a', '%2e%2e/a'],
  ['..a/b..', '..a/b..'],
])('the key of %j is %j', (path, key) => {
  expect(artifactKey(root, path)).toBe(key);
});

test.each([
  's3://bucket/prefix-evil/a',
  's3://bucket',
  's3://other/prefix/a',
  '/a',
  'gs://bucket/prefix/a',
  'S3://bucket/prefix/a',
])('%j is PATH_OUTSIDE_STORE', (path) => {
  expect(() => artifactKey(root, path)).toThrow(expect.objectContaining({ code: 'PATH_OUTSIDE_STORE' }));
});

test.each([
  'a//b',
  'a/',
  's3://bucket/prefix//a',
  '..',
  'a/../b',
  's3://bucket/prefix/../a',
  '.',
  './a',
  'a\0b',
  'a\nb',
  '\t',
  'a\u001Fb',
  'a\uD800',
  'x'.repeat(241),
  '\u00e9'.repeat(121),
  Array.from({ length: 10 }, () => 'x'.repeat(90)).join('/'),
  Array.from({ length: 241 }, () => 'x').join('/'),
])('%j is PATH_INVALID', (path) => {
  expect(() => artifactKey(root, path)).toThrow(expect.objectContaining({ code: 'PATH_INVALID' }));
});

describe('the longest', () => {
  test('path has 240 segments', () => {
    const key = Array.from({ length: 240 }, () => 'x').join('/');
    expect(artifactKey(root, key)).toBe(key);
  });

  test('segment has 240 bytes', () => {
    expect(artifactKey(root, 'x'.repeat(240))).toHaveLength(240);
    expect(artifactKey(root, '\u00e9'.repeat(120))).toHaveLength(120);
  });

  test('key has 900 bytes', () => {
    const key = `${Array.from({ length: 9 }, () => 'x'.repeat(99)).join('/')}/`;
    expect(artifactKey(root, `${key.slice(0, -1)}y`)).toHaveLength(900);
  });
});
