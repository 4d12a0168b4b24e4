import { expect, test } from 'vitest';
import { globMatcher } from './glob.ts';

test.each<[string, readonly string[], readonly string[]]>([
  ['*.txt', ['a.txt', '.txt'], ['a/b.txt', 'a.txt2', 'atxt']],
  ['a?c', ['abc', 'a\u{1F600}c', 'a\nc'], ['ac', 'a/c', 'abbc']],
  ['**', ['a', 'a/b/c', 'a\nb'], []],
  ['**/c', ['c', 'a/c', 'a/b/c'], ['ac', 'a/bc']],
  ['a/**/c', ['a/c', 'a/b/c', 'a/b/b/c'], ['ac', 'a/bc', 'b/a/c']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
  ['[ab]c', ['ac', 'bc'], ['cc', 'abc']],
  ['[!ab]c', ['cc', '!c'], ['ac', '/c']],
  ['[^a]c', ['bc'], ['ac']],
  ['[a-c]', ['a', 'b'], ['d', '-']],
  ['[]a]', [']', 'a'], ['b']],
  ['[!]a]', ['b'], [']', 'a', '!a]']],
  ['[\\]', ['\\'], ['a']],
  ['[', ['['], ['a']],
  ['a.{csv,txt}', ['a.csv', 'a.txt'], ['a.csvtxt', 'a.', 'a.{csv,txt}']],
  ['{a,b/{c,d}}', ['a', 'b/c', 'b/d'], ['b', 'c']],
  ['{', ['{'], ['']],
  ['a}b,c', ['a}b,c'], ['ab']],
  ['{a,}', ['a', ''], ['b']],
  ['{[,],b}', [',', 'b'], ['[']],
  ['{*,b/**}c', ['c', 'ac', 'b/c', 'b/a/c'], ['a/c']],
  ['a**c', ['ac', 'abc', 'a/b/c'], ['ab']],
  ['**/**/c', ['c', 'a/c', 'a/b/c'], ['ac']],
  ['[*][?][{]', ['*?{'], ['abc']],
  ['*/.*', ['a/.hidden', '.a/.b'], ['a/b']],
  ['a.b+c(d)$^|', ['a.b+c(d)$^|'], ['aXb+c(d)$^|']],
])('%j fits %j and not %j', (glob, fits, others) => {
  const isFit = globMatcher(glob);
  expect(fits.filter((key) => !isFit(key))).toEqual([]);
  expect(others.filter(isFit)).toEqual([]);
});

test.each(['{{a}', '{a,{b}', '[z-a]'])('%j is ARGUMENT_INVALID', (glob) => {
  expect(() => globMatcher(glob)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});

test.each([
  '*a*a*a*a*a*a*a*a*b',
  '**/**/**/**/**/**/**/**/b',
  '**a**a**a**a**a**a**b',
  '{a,a,aa}'.repeat(40),
  '{*,**}'.repeat(20).concat('b'),
])('%j takes no longer for a key that nearly fits', (glob) => {
  const isFit = globMatcher(glob);
  const started = process.cpuUsage();
  expect(isFit('a/'.repeat(200).concat('a'.repeat(240)))).toBe(false);
  expect(isFit('a'.repeat(240))).toBe(false);
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
});
