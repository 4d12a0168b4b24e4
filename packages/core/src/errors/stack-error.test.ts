import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { addMaskedValue } from '../secrets/index.ts';
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

describe('an error masks', () => {
  const code = 'UNAVAILABLE';
  const wrap = (cause: unknown) => new StackError({ code, message: 'no answer', cause }).cause;
  const show = (thrown: unknown) => inspect(thrown, { depth: Infinity, showHidden: true });
  const named = (error: Error, fields: object) => Object.assign(error, fields);

  test('nothing while there is no secret', () => {
    const cause = Object.defineProperty(new Error('swordfish'), 'trap', {
      enumerable: true,
      get: () => expect.unreachable(),
    });
    expect(wrap(cause)).toBe(cause);
    addMaskedValue('swordfish');
    expect(wrap(cause)).not.toBe(cause);
  });

  test('its message, hint and problems', () => {
    const error = new StackError({
      code,
      message: 'swordfish is wrong',
      hint: 'Try another than swordfish.',
      problems: [{ path: 'a.swordfish', message: 'not swordfish', hint: 'no swordfish' }],
    });
    expect(JSON.stringify(error)).toBe(
      JSON.stringify({
        code,
        message: '[secret] is wrong',
        hint: 'Try another than [secret].',
        problems: [{ path: 'a.[secret]', message: 'not [secret]', hint: 'no [secret]' }],
      }),
    );
    expect(error.stack).toContain('StackError: [secret] is wrong');
    expect(show(error)).not.toContain('swordfish');
  });

  test.each<[string, (secret: string) => unknown]>([
    ['in its message', (secret) => new TypeError(`bad ${secret}`)],
    ['in its stack alone', (secret) => named(new Error('x'), { stack: `Error: x\n    at ${secret} (file.ts:1:2)` })],
    ['in its name', (secret) => named(new Error('x'), { name: secret })],
    ['in a field at any depth', (secret) => named(new Error('x'), { config: { headers: [{ auth: secret }] } })],
    ['in a key of a field', (secret) => named(new Error('x'), { config: { [secret]: 1 } })],
    ['in a map or a set', (secret) => named(new Error('x'), { seen: new Map([['a', new Set([secret])]]) })],
    ['in bytes', (secret) => named(new Error('x'), { body: Buffer.from(secret) })],
    ['in its cause', (secret) => new Error('x', { cause: new Error(secret) })],
    ['in one of its errors', (secret) => new AggregateError([new Error('a'), new Error(secret)], 'many')],
    ['in base64', (secret) => new Error(`Basic ${Buffer.from(`user:${secret}`).toString('base64')}`)],
    ['in a text', (secret) => `thrown ${secret}`],
    ['in data', (secret) => ({ status: 400, body: { text: secret } })],
    ['in a map that was thrown', (secret) => new Map([[secret, secret]])],
    ['in an error of Stack', (secret) => named(new StackError({ code, message: 'x' }), { hint: secret })],
  ])('a cause with a secret %s', (_where, make) => {
    expect(show(make('swordfish'))).toMatch(/swordfish|d29yZGZpc2|73 77 6f/);
    expect(show(wrap(make('swordfish')))).not.toMatch(/swordfish|d29yZGZpc2|73 77 6f/);
    const clean = make('something');
    expect(wrap(clean)).toBe(clean);
  });

  test('a cause by a copy that tells what happened', () => {
    const cause = named(new RangeError('swordfish is too long', { cause: new Error('inner') }), {
      code: 'ERR_LONG',
      request: { token: 'swordfish' },
    });
    const copy = wrap(cause) as Error;
    expect(copy).toMatchObject({ name: 'RangeError', message: '[secret] is too long', code: 'ERR_LONG' });
    expect(copy.cause).toBe(cause.cause);
    expect(copy.stack?.split('\n').slice(1)).toEqual(cause.stack?.split('\n').slice(1));
    expect(copy).not.toHaveProperty('request');
    expect(cause.message).toBe('swordfish is too long');
  });

  test('an error of Stack that was made before the secret was known', () => {
    const cause = new StackError({ code, message: 'late-secret', hint: 'no', problems: [{ path: 'a', message: 'b' }] });
    addMaskedValue('late-secret');
    const copy = wrap(cause) as StackError;
    expect(StackError.is(copy, code)).toBe(true);
    expect(copy).toMatchObject({ message: '[secret]', hint: 'no', problems: cause.problems });
    expect(copy.stack).toContain('[secret]');
  });

  test('each of several errors', () => {
    const clean = new Error('a');
    const copy = wrap(new AggregateError([clean, 'swordfish'], 'many')) as AggregateError;
    expect(copy.errors).toEqual([clean, '[secret]']);
    expect(copy.errors[0]).toBe(clean);
  });

  test('a cause that cannot be read, is its own cause, or has no end', () => {
    const itself = new Error('swordfish');
    itself.cause = itself;
    expect((wrap(itself) as Error).cause).toBe('[secret]');
    const trap = new Proxy(new Error('x'), {
      ownKeys() {
        throw new Error('swordfish');
      },
    });
    expect(wrap(trap)).not.toBe(trap);
    let long = new Error('swordfish');
    for (let depth = 0; depth < 12_000; depth++) long = new Error('outer', { cause: long });
    expect(show(wrap(long))).not.toContain('swordfish');
    const client = new Error('x');
    Object.assign(client, { everything: Array.from({ length: 100_000 }, (_, index) => ({ index })) });
    expect(wrap(client)).not.toHaveProperty('everything');
  });
});
