import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { SecretKey } from './secret-key.ts';

const hex = 'fbffbe0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d';
const context = ['secret', 'name', 'key'];
const key = SecretKey.parse(hex) as SecretKey;

describe('a key', () => {
  test.each([
    ['hexadecimal', hex],
    ['hexadecimal in upper case', hex.toUpperCase()],
    ['base64', '+/++AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0='],
    ['base64 without padding', '+/++AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0'],
    ['base64url', '-_--AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0'],
  ])('is read as %s', (_, text) => {
    expect(SecretKey.parse(text)?.id).toBe(key.id);
    expect(SecretKey.parse(key.format())?.id).toBe(key.id);
  });

  test.each([
    ['nothing', ''],
    ['a password', 'correct horse battery staple'],
    ['a byte too few', hex.slice(2)],
    ['a byte too many', `${hex}00`],
    ['a letter that is no digit', `${hex.slice(1)}g`],
    ['half a byte more, as base64', '+/++AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB1='],
    ['both kinds of base64 at once', '-/++AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0='],
  ])('is not %s', (_, text) => {
    expect(SecretKey.parse(text)).toBeUndefined();
  });

  test('is another each time, and shows nothing of itself', () => {
    const made = SecretKey.generate();
    expect(made.id).not.toBe(SecretKey.generate().id);
    const printed = inspect(made, { depth: 9, showHidden: true }) + JSON.stringify(made);
    expect(printed).toContain(made.id);
    expect(printed).not.toContain(made.format().slice(0, 12));
    expect(Buffer.from(made.format(), 'base64').toString('hex')).not.toContain(made.id);
  });
});

describe('what a key sealed', () => {
  test('is opened by it, whatever it is', () => {
    for (const text of ['', 'hunter2', 'h\u00e9 \u{1F600}\u0000', 'x'.repeat(100_000)]) {
      expect(key.open(key.seal(text, context), context)).toBe(text);
    }
  });

  test('is opened by every version from the first on', () => {
    const sealed = 'fg_9wHyn44ZKLvsTdNS8MRu_dldKh8SSse68EjGYvKkCYw-KpFgpGxBzj85yiC-vfsql8AfW7A';
    expect(key.id).toBe('ac21077b086b74aa');
    expect(key.open(sealed, context)).toBe('sealed by the first version');
  });

  test('is another text each time', () => {
    expect(key.seal('hunter2', context)).not.toBe(key.seal('hunter2', context));
  });

  test('is not opened by another key, nor in another context', () => {
    const sealed = key.seal('hunter2', context);
    expect(SecretKey.generate().open(sealed, context)).toBeUndefined();
    for (const other of [
      [],
      ['secret', 'name'],
      ['secret', 'key', 'name'],
      ['secret', 'name","key'],
      [...context, ''],
    ]) {
      expect(key.open(sealed, other)).toBeUndefined();
    }
  });

  test('is not opened once any of it was changed', () => {
    const sealed = key.seal('hunter2', context);
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const [index, digit] of [...sealed].entries()) {
      for (const other of [digits[(digits.indexOf(digit) + 1) % 64], '=', ' ', '']) {
        const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
        expect(key.open(changed, context), `${index}: ${digit} to ${other}`).toBeUndefined();
      }
      expect(key.open(sealed.slice(0, index), context)).toBeUndefined();
    }
    expect(key.open(`${sealed}A`, context)).toBeUndefined();
  });
});
