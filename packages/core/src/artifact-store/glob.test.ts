import { expect, test } from 'vitest';
import { globPattern } from './glob.ts';

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
  ['a.b+c(d)$^|', ['a.b+c(d)$^|'], ['aXb+c(d)$^|']],
])('%j fits %j and not %j', (glob, fits, others) => {
  const pattern = globPattern(glob);
  expect(fits.filter((key) => !pattern.test(key))).toEqual([]);
  expect(others.filter((key) => pattern.test(key))).toEqual([]);
});

test.each(['{{a}', '{a,{b}', '[z-a]'])('%j is ARGUMENT_INVALID', (glob) => {
  expect(() => globPattern(glob)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
});
