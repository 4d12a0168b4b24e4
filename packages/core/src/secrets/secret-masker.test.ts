import { createHash } from 'node:crypto';
import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { addMaskedValue, maskSecrets } from './index.ts';

const values = {
  'a token': 'swordfish-77/+x',
  'a password of special characters': `p&s$w?rd="q'u` + '`o\\te%/+~(*)!<>',
  'a text that is not ASCII': 'Schlüssel-日本-🔑-Käse',
  'control characters': 'a\u001b[0m\u0007b\u007f\u0085c\td',
  'half a pair of surrogates': 'broken-\ud83d-end',
  'a JSON document': '{"user":"me","key":"k-1234567"}',
};
for (const value of Object.values(values)) addMaskedValue(value);

const bytes = (text: string) => Buffer.from(text);
const asciiJson = (text: string) =>
  JSON.stringify(text).replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const lowerHex = (text: string) => text.replaceAll(/%../g, (hex) => hex.toLowerCase());
const urlWith = (password: string) => {
  const url = new URL('postgres://user@host/db');
  url.password = password;
  return url.href;
};

/** What programs make of a value, and what is to be left of it. */
const encodings: Record<string, [encode: (value: string) => string, masked: string]> = {
  'as it is': [(value) => `is ${value}.`, 'is [secret].'],
  'in JSON': [(value) => JSON.stringify({ value }), '{"value":"[secret]"}'],
  'in JSON in JSON': [(value) => JSON.stringify(JSON.stringify({ value })), '"{\\"value\\":\\"[secret]\\"}"'],
  'in JSON of ASCII': [asciiJson, '"[secret]"'],
  'in JSON of ASCII in capitals': [
    (value) => asciiJson(value).replaceAll(/(?<=\\u)[0-9a-f]{4}/g, (hex) => hex.toUpperCase()),
    '"[secret]"',
  ],
  'in JSON of ASCII in JSON': [(value) => JSON.stringify(asciiJson(value)), '"\\"[secret]\\""'],
  'in JSON of Go': [
    (value) =>
      JSON.stringify(value).replaceAll(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
    '"[secret]"',
  ],
  'in hex': [(value) => `0x${bytes(value).toString('hex')}`, '0x[secret]'],
  'in hex of capitals': [(value) => bytes(value).toString('hex').toUpperCase(), '[secret]'],
  'as a buffer': [(value) => inspect(bytes(value)), '<Buffer [secret]>'],
  'in base64': [(value) => bytes(value).toString('base64'), '[secret]'],
  'in base64 without padding': [(value) => bytes(value).toString('base64').replace(/=*$/, ''), '[secret]'],
  'in base64url': [(value) => bytes(value).toString('base64url'), '[secret]'],
  'in a URL': [
    (value) => `https://host/?q=${encodeURIComponent(value.toWellFormed())}&x`,
    'https://host/?q=[secret]&x',
  ],
  'in a URL with small hex': [(value) => lowerHex(encodeURIComponent(value.toWellFormed())), '[secret]'],
  'in a form': [(value) => new URLSearchParams({ value }).toString(), 'value=[secret]'],
  'in a form with small hex': [(value) => lowerHex(new URLSearchParams({ value }).toString()), 'value=[secret]'],
  'as the password of a URL': [urlWith, 'postgres://user:[secret]@host/db'],
  'as the password of a URL among quotes': [
    (value) => inspect(`'"\`${urlWith(value)}`).slice(5, -1),
    'postgres://user:[secret]@host/db',
  ],
  inspected: [(value) => inspect({ value }), "{ value: '[secret]' }"],
  'inspected among quotes': [(value) => inspect({ value: `'"\`${value}` }).slice(14), "[secret]' }"],
  'inspected twice': [(value) => inspect(inspect({ value })).slice(1, -1), "{ value: '[secret]' }"],
  'inspected in JSON': [(value) => JSON.stringify(inspect({ value })), "'{ value: '[secret]' }'"],
  formatted: [(value) => format('%o', [value]), "[ '[secret]', [length]: 1 ]"],
};

describe('maskSecrets', () => {
  describe.each(Object.entries(values))('hides %s', (_name, value) => {
    // Which quotes there are depends on the value.
    const quoted = (text: string) => text.replaceAll(/\\*['"`]/g, "'");
    test.each(Object.entries(encodings))('%s', (_how, [encode, expected]) => {
      expect(quoted(maskSecrets(encode(value)))).toBe(quoted(expected));
    });
  });

  test('hides base64 wherever the value begins and ends in it', () => {
    const secret = 'c0rrect-horse-battery';
    addMaskedValue(secret);
    for (const encoding of ['base64', 'base64url'] as const) {
      for (let before = 0; before < 6; before++) {
        for (let after = 0; after < 6; after++) {
          const encoded = bytes(`${'u'.repeat(before)}${secret}${'>'.repeat(after)}`).toString(encoding);
          const masked = maskSecrets(encoded);
          const left = masked.split('[secret]');
          expect(left).toHaveLength(2);
          expect(bytes(`${left[0]}`).length).toBeLessThanOrEqual(Math.ceil((before * 8) / 6));
          expect(bytes(`${left[1]}`).length).toBeLessThanOrEqual(Math.ceil((after * 8) / 6) + 3);
        }
      }
    }
  });

  test('hides each line of a value, without the blanks around it', () => {
    addMaskedValue('-----BEGIN KEY-----\n  first-line-of-it\r\nsecond"line\nab\n-----END KEY-----\n');
    expect(maskSecrets('(first-line-of-it) (second"line) ab')).toBe('([secret]) ([secret]) ab');
    expect(maskSecrets(JSON.stringify('second"line'))).toBe('"[secret]"');
    expect(maskSecrets(`  ${bytes('xfirst-line-of-it').toString('base64')}`)).toContain('[secret]');
  });

  test.each([1, 2, 3, 9])('hides the short lines of a value that is inspected at a depth of %d', (depth) => {
    const value = Array.from({ length: 40 }, (_, line) => `w${line}'`).join('\n');
    addMaskedValue(value);
    let nested: unknown = value;
    for (let level = 1; level < Math.min(depth, 4); level++) nested = { nested };
    const masked = maskSecrets(inspect(nested, { depth: 9 }));
    for (let line = 0; line < 40; line++) expect(masked).not.toContain(`w${line}`);
  });

  test('hides what util.inspect shows of a very long value', () => {
    const value = Array.from({ length: 3_000 }, (_, index) => `${index}`).join('-');
    addMaskedValue(value);
    expect(maskSecrets(inspect({ value }))).toMatch(/^\{\s+value: '\[secret\]'... \d+ more characters\s+\}$/);
  });

  test('hides a value that contains another one as a whole', () => {
    addMaskedValue('short-value');
    addMaskedValue('short-value-and-more');
    expect(maskSecrets('(short-value-and-more) (short-value)')).toBe('([secret]) ([secret])');
  });

  test('leaves no rest of values that overlap', () => {
    addMaskedValue('left-half-middle');
    addMaskedValue('middle-right-half');
    addMaskedValue('-half-middle-right');
    expect(maskSecrets('a left-half-middle-right-half b')).toBe('a [secret] b');
    expect(maskSecrets('left-half-middleleft-half-middle')).toBe('[secret][secret]');
  });

  test('gives the same when it is used again, whatever the values', () => {
    for (const value of ['secret', '[secre']) addMaskedValue(value);
    const once = maskSecrets('a secret, [secre, short-value');
    expect(once).toBe('a [secret], [secret], [secret]');
    expect(maskSecrets(once)).toBe(once);
  });

  test('leaves values that stand in too many texts by chance, and says so', () => {
    expect(['short', '', '      ', ' \n\n\n\n\n '].map(addMaskedValue)).toEqual([false, false, false, false]);
    expect(maskSecrets('a short text       ')).toBe('a short text       ');
    expect(addMaskedValue('longer')).toBe(true);
  });

  test('knows what another copy of this package was told', async () => {
    const copy = './secret-masker.ts?copy';
    const other = (await import(/* @vite-ignore */ copy)) as { addMaskedValue: typeof addMaskedValue };
    expect(other.addMaskedValue).not.toBe(addMaskedValue);
    other.addMaskedValue('told-to-the-other-copy');
    expect(maskSecrets('told-to-the-other-copy')).toBe('[secret]');
  });

  test('takes a moment for 64 KiB, however many values there are and however alike they begin', () => {
    const tokens = Array.from(
      { length: 1_000 },
      (_, index) => `sk-project-${createHash('sha1').update(`${index}`).digest('base64')}`,
    );
    for (const token of tokens) addMaskedValue(token);
    // So much is in 64 KiB, the last one in half.
    const text = Array.from({ length: 1_600 }, (_, index) => tokens[index % tokens.length])
      .join(' ')
      .slice(0, 64 * 1024);
    expect(maskSecrets(text).split('[secret]').join('').trim().length).toBeLessThan(40);
    const times = Array.from({ length: 10 }, () => {
      const started = performance.now();
      maskSecrets(text);
      return performance.now() - started;
    });
    // It takes 3 ms; what looks for each of the forms takes hundreds.
    expect(Math.min(...times)).toBeLessThan(50);
  });
});
