import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addMaskedValue, maskSecrets, SecretMaskStream } from './index.ts';

for (const value of ['swordfish', 'fish-and-chips', 'fünf-🔑-Käse', 'first\nline', 'aaaaaa']) addMaskedValue(value);

function masked(pieces: readonly (string | Uint8Array)[]): string {
  const stream = new SecretMaskStream();
  return pieces.map((piece) => stream.push(piece)).join('') + stream.end();
}

/** All ways to cut a text or bytes in three. */
function* cuts<Whole extends string | Uint8Array>(whole: Whole): Iterable<Whole[]> {
  const slice = (start: number, end?: number) => whole.slice(start, end) as Whole;
  for (let first = 0; first <= whole.length; first++) {
    for (let second = first; second <= whole.length; second++) {
      yield [slice(0, first), slice(first, second), slice(second)];
    }
  }
}

describe('SecretMaskStream', () => {
  test('masks a text wherever it is cut', () => {
    const text = '(swordfish-and-chips) sword fünf-🔑-Käse swordfish fünf-🔑 aaaaaaaaa';
    expect(maskSecrets(text)).toBe('([secret]) sword [secret] [secret] fünf-🔑 [secret]');
    for (const pieces of cuts(text)) expect(masked(pieces)).toBe(maskSecrets(text));
  });

  test('masks bytes wherever they are cut, in the middle of a character too', () => {
    const text = 'é fünf-🔑-Käse fünf-🔑 日';
    for (const pieces of cuts(Buffer.from(text))) expect(masked(pieces)).toBe('é [secret] fünf-🔑 日');
  });

  test('masks what is cut anywhere as it masks the whole', () => {
    const part = fc.constantFrom(
      'swordfish',
      'sword',
      'fish-and-chips',
      '-and',
      'first\n',
      'line',
      'aaa',
      '[secret]',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(12)), (parts, sizes) => {
        const text = parts.join('');
        const pieces: string[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        expect(masked([...pieces, text.slice(at)])).toBe(maskSecrets(text));
      }),
    );
  });

  test('holds back what could be the beginning of a secret, and nothing else', () => {
    const stream = new SecretMaskStream();
    expect(stream.push('Password: ')).toBe('Password: ');
    expect(stream.push('a sword')).toBe('a ');
    expect(stream.push('!')).toBe('sword!');
    expect(stream.push('first\n')).toBe('');
    expect(stream.push('lin')).toBe('');
    expect(stream.push('ux\n')).toBe('first\nlinux\n');
    expect(stream.push('swordfish')).toBe('[secret]');
    expect(stream.push('-')).toBe('');
    expect(stream.push('!')).toBe('-!');
    expect(stream.push('first\n')).toBe('');
    expect(stream.end()).toBe('first\n');
    expect(stream.end()).toBe('');
  });

  test('holds back no more while a secret repeats itself', () => {
    const stream = new SecretMaskStream();
    const given = Array.from({ length: 1_000 }, () => stream.push('a'.repeat(100)));
    expect(given.join('')).toBe('[secret]');
    expect(stream.push('!')).toBe('!');
  });

  test('gives what is no text of UTF-8 as far as it can', () => {
    expect(masked([Uint8Array.of(0xff, 0x41), Uint8Array.of(0xf0, 0x9f)])).toBe('\ufffdA\ufffd');
  });
});
