import { describe, expect, test } from 'vitest';
import { addMaskedValue, maskSecrets, maskValue, Secret } from './index.ts';

test('before there is a masked value, every value is the same', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(maskValue(cycle)).toBe(cycle);
  addMaskedValue('swordfish');
  addMaskedValue('12345678');
  expect(maskValue(cycle)).not.toBe(cycle);
});

describe('maskValue', () => {
  test('masks texts and keys at any depth', () => {
    expect(maskValue({ a: ['x swordfish', { 'swordfish-1': true }], b: null })).toEqual({
      a: ['x [secret]', { '[secret]-1': true }],
      b: null,
    });
    expect(maskValue('swordfish')).toBe('[secret]');
  });

  test('leaves what holds no secret as it is', () => {
    const secret = new Secret('swordfish');
    const clean = { date: new Date(), bytes: Buffer.from('swordfish'), nothing: undefined, not: Number.NaN, secret };
    const both = { clean, leak: 'swordfish' };
    expect(maskValue(clean)).toBe(clean);
    expect(maskValue(both)).toEqual({ clean, leak: '[secret]' });
    expect(maskValue(both).clean).toBe(clean);
    expect(both.leak).toBe('swordfish');
  });

  test('masks a number that a secret is, and no part of one', () => {
    expect(maskValue([12345678, 123456789, -12345678])).toEqual(['[secret]', 123456789, -12345678]);
  });

  test('loses no field when two keys are secrets', () => {
    addMaskedValue('other-fish');
    expect(maskValue({ swordfish: 1, 'other-fish': 2, '[secret]': 3 })).toEqual({
      '[secret]': 1,
      '[secret] 2': 2,
      '[secret] 3': 3,
    });
  });

  test('masks an object that is not plain as what JSON makes of it', () => {
    class Client {
      readonly token = 'swordfish';
      readonly #own = 1;
      get own() {
        return this.#own;
      }
    }
    expect(maskValue({ client: new Client(), url: new URL('x://swordfish@h') })).toEqual({
      client: { token: '[secret]' },
      url: 'x://[secret]@h',
    });
  });

  test('masks what contains itself, or is nested without end', () => {
    const cycle: Record<string, unknown> = { leak: 'swordfish' };
    cycle.self = [cycle];
    expect(maskValue(cycle)).toEqual({ leak: '[secret]', self: ['[circular]'] });
    let deep: unknown = 'swordfish';
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(JSON.stringify(maskValue(deep))).toMatch(/^\[+"\[too deep\]"\]+$/);
    let shallow: unknown = 'swordfish';
    for (let level = 0; level < 900; level++) shallow = [shallow];
    expect(JSON.stringify(maskValue(shallow))).toMatch(/^\[+"\[secret\]"\]+$/);
  });

  test('masks what stands in many places once', () => {
    let shared: unknown = ['swordfish'];
    for (let level = 0; level < 60; level++) shared = [shared, shared];
    const masked = maskValue(shared) as unknown[];
    expect(masked[0]).toBe(masked[1]);
  });

  test('keeps a field named __proto__ a field', () => {
    const masked = maskValue(JSON.parse('{"__proto__": {"polluted": "swordfish"}}') as object);
    expect(JSON.stringify(masked)).toBe('{"__proto__":{"polluted":"[secret]"}}');
    expect(maskSecrets(String(({} as { polluted?: string }).polluted))).toBe('undefined');
  });
});
