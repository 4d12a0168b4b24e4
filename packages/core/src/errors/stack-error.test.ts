import { expect, test } from 'vitest';
import { errorCodes, exitCodeOf, exitCodes } from './error-codes.ts';
import { StackError } from './stack-error.ts';

test('an error is recognised by its brand, and by its code where one is asked for', () => {
  const error = new StackError({ code: 'NOT_FOUND', message: 'nothing there' });
  const ofAnotherCopy = Object.assign(new Error('nothing there'), {
    [Symbol.for('@stack/error')]: true,
    code: 'NOT_FOUND',
  });
  for (const candidate of [error, ofAnotherCopy]) {
    expect(StackError.is(candidate)).toBe(true);
    expect(StackError.is(candidate, 'NOT_FOUND')).toBe(true);
    expect(StackError.is(candidate, 'ABORTED')).toBe(false);
  }
  for (const other of [new Error('nothing there'), { code: 'NOT_FOUND' }, undefined, null, 'NOT_FOUND']) {
    expect(StackError.is(other)).toBe(false);
  }
});

test('JSON holds what a script can use, and no cause', () => {
  const cause = new Error('a secret');
  expect(
    JSON.parse(JSON.stringify(new StackError({ code: 'NOT_FOUND', message: 'nothing', hint: 'look', cause }))),
  ).toEqual({
    code: 'NOT_FOUND',
    message: 'nothing',
    hint: 'look',
  });
});

test('every code has an exit code that is not 0', () => {
  for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[])
    expect(exitCodeOf(code)).toBeGreaterThan(0);
  expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
});
