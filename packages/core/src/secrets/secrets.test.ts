import { describe, expect, test, vi } from 'vitest';
import {
  createEnvironmentSecretResolver,
  findSecretReferences,
  formatSecretReference,
  maskSecrets,
  parseSecretReference,
  resolveSecretReferences,
} from './index.ts';

describe('a reference', () => {
  test('is the whole text, a name and a key in double braces', () => {
    expect(parseSecretReference('{{aws.secret_key}}')).toEqual({ name: 'aws', key: 'secret_key' });
    expect(parseSecretReference('{{ aws.a.b }}')).toEqual({ name: 'aws', key: 'a.b' });
    for (const value of ['x{{aws.key}}', '{{aws.key}} ', 'aws.key', '', 7, undefined, {}]) {
      expect(parseSecretReference(value)).toBeUndefined();
    }
    expect(formatSecretReference({ name: 'aws', key: 'a.b' })).toBe('{{aws.a.b}}');
  });

  test.each(['{{aws}}', '{{}}', '{{aws.}}', '{{.key}}', '{{a b.c}}'])(
    'that is %j is SECRET_REFERENCE_INVALID',
    (text) => {
      expect(() => parseSecretReference(text)).toThrow(expect.objectContaining({ code: 'SECRET_REFERENCE_INVALID' }));
    },
  );

  test('is not what has a backslash before it: that is a text without the backslash', async () => {
    const input = { a: '\\{{n.k}}', b: ['\\\\{{no reference}}', '\\n', '\\{{x}} y'] };
    expect(findSecretReferences(input)).toEqual([]);
    expect(await resolveSecretReferences(input, createEnvironmentSecretResolver({}))).toEqual({
      a: '{{n.k}}',
      b: ['\\{{no reference}}', '\\n', '\\{{x}} y'],
    });
  });

  test('is found at any depth', () => {
    expect(findSecretReferences({ a: [{ b: '{{n.k}}' }, 'x'], c: '{{n.l}}' })).toEqual([
      { path: ['a', 0, 'b'], reference: { name: 'n', key: 'k' } },
      { path: ['c'], reference: { name: 'n', key: 'l' } },
    ]);
  });
});

describe('resolving', () => {
  test('puts each value in the place of its reference and leaves the rest', async () => {
    const resolver = createEnvironmentSecretResolver({ STACK_SECRET_MY_DB__PASS_WORD: 'resolved-value' });
    const input = {
      password: '{{my-db.pass.word}}',
      list: ['{{ my-db.pass.word }}', 1],
      date: new Date(0),
      other: 'x',
    };
    expect(await resolveSecretReferences(input, resolver)).toEqual({
      password: 'resolved-value',
      list: ['resolved-value', 1],
      date: new Date(0),
      other: 'x',
    });
    expect(input.password).toBe('{{my-db.pass.word}}');
    expect(maskSecrets('is resolved-value')).toBe('is [secret]');
  });

  test('names every missing secret, and how to make it', async () => {
    const input = { a: '{{n.k}}', b: { c: '{{n.l}}' } };
    await expect(resolveSecretReferences(input, createEnvironmentSecretResolver({}))).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
      problems: [
        { path: 'a', hint: 'Set the environment variable STACK_SECRET_N__K.' },
        { path: 'b.c', hint: 'Set the environment variable STACK_SECRET_N__L.' },
      ],
    });
  });

  test('warns once of a value that is too short to be masked, and does not tell it', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const resolver = createEnvironmentSecretResolver({ STACK_SECRET_PIN__CODE: '4711' });
    for (let time = 0; time < 2; time++) {
      expect(await resolveSecretReferences(['{{pin.code}}', '{{pin.code}}'], resolver)).toEqual(['4711', '4711']);
    }
    expect(emitWarning.mock.calls).toHaveLength(1);
    expect(emitWarning.mock.calls[0]).toMatchObject([
      expect.stringContaining('{{pin.code}}'),
      { code: 'SECRET_NOT_MASKED' },
    ]);
    expect(JSON.stringify(emitWarning.mock.calls)).not.toContain('4711');
    emitWarning.mockRestore();
  });

  test('asks for nothing when there is no reference', async () => {
    const resolver = { resolve: () => Promise.reject(new Error('asked')), describeMissing: () => '' };
    expect(await resolveSecretReferences({ a: 'b' }, resolver)).toEqual({ a: 'b' });
  });

  test('refuses what is nested too deep, or contains itself', async () => {
    const endless: Record<string, unknown> = {};
    endless.self = [endless];
    await expect(resolveSecretReferences(endless, createEnvironmentSecretResolver({}))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('keeps a field named __proto__ a field', async () => {
    const resolver = createEnvironmentSecretResolver({ STACK_SECRET_N__K: 'resolved-value' });
    const input: unknown = JSON.parse('{"__proto__": {"polluted": "{{n.k}}"}, "a": "{{n.k}}"}');
    const resolved = await resolveSecretReferences(input, resolver);
    expect(JSON.stringify(resolved)).toBe('{"__proto__":{"polluted":"resolved-value"},"a":"resolved-value"}');
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});
