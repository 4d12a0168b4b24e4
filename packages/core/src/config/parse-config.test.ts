import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { StackError } from '../errors/index.ts';
import { Secret } from '../secrets/index.ts';
import { artifactStoreConfig } from './artifact-store-config.ts';
import { checkConfig, findSecrets, parseConfig } from './parse-config.ts';
import { secretField } from './secret-field.ts';

const schema = z.object({
  region: z.string(),
  retries: z.int().min(0).default(3),
  secretKey: secretField().optional(),
  client: z.object({ timeout: z.number().optional() }).strict().optional(),
  proxies: z.array(z.object({ host: z.string(), password: secretField().optional() })).optional(),
  size: z.union([z.int(), z.literal('auto')]).optional(),
});

function errorOf(input: unknown): StackError {
  try {
    parseConfig(schema, input, 'artifact-store "prod"');
  } catch (error) {
    if (StackError.is(error)) return error;
    throw error;
  }
  throw new Error('the config is accepted');
}

describe('parsing', () => {
  test('fills in defaults and makes secrets opaque', () => {
    const config = parseConfig(schema, { region: 'eu', secretKey: 'hunter2' }, 'x');
    expect(config).toMatchObject({ region: 'eu', retries: 3 });
    expect(Secret.is(config.secretKey) && config.secretKey.reveal()).toBe('hunter2');
    expect(findSecrets({ a: [config] }).map((secret) => secret.reveal())).toEqual(['hunter2']);
  });

  test('tells all problems at once, by path', () => {
    const error = errorOf({ retries: -1, client: { timeout: 'x' }, proxies: [{ host: 1 }] });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.problems.map(({ path }) => path)).toEqual(['region', 'retries', 'client.timeout', 'proxies.0.host']);
    expect(error.problems[0]?.message).toBe('is required');
    expect(error.message).toContain('artifact-store "prod"');
    for (const { path } of error.problems) expect(error.message).toContain(path);
  });

  test('refuses unknown fields with the nearest name, at the root even where the schema is loose', () => {
    expect(errorOf({ region: 'eu', retires: 3 })).toMatchObject({
      code: 'OPTION_UNKNOWN',
      hint: 'Did you mean "retries"?',
      problems: [{ path: 'retires', code: 'OPTION_UNKNOWN' }],
    });
    expect(errorOf({ region: 'eu', client: { timout: 1 } })).toMatchObject({
      problems: [{ path: 'client.timout', hint: 'Did you mean "timeout"?' }],
    });
    expect(errorOf({ region: 'eu', retires: 3, regoin: 'us' }).problems).toMatchObject([
      { path: 'retires', hint: 'Did you mean "retries"?' },
      { path: 'regoin', hint: 'Did you mean "region"?' },
    ]);
    expect(() => parseConfig(z.object({}).loose(), { a: 1 }, 'x')).toThrow(
      expect.objectContaining({ code: 'OPTION_UNKNOWN' }),
    );
  });

  test('keeps the refinements of the schema', () => {
    const refined = z
      .object({ a: z.number(), b: z.number() })
      .refine(({ a, b }) => a < b, { error: 'a is not below b' });
    expect(() => parseConfig(refined, { a: 2, b: 1 }, 'x')).toThrow('a is not below b');
  });

  test('says what each alternative of a union takes', () => {
    expect(errorOf({ region: 'eu', size: true }).problems[0]).toMatchObject({
      path: 'size',
      message: expect.stringMatching(/, or: /),
    });
  });

  test.each([undefined, null, 'text', 7, []])('refuses %j as a whole', (input) => {
    expect(errorOf(input).problems[0]?.path).toBe('');
  });

  test('never shows the value of a secret field', () => {
    const picky = z.object({
      key: z
        .string()
        .meta({ secret: true })
        .refine(() => false, { error: (issue) => `${issue.input} is too weak` }),
    });
    expect(() => parseConfig(picky, { key: 'hunter2' }, 'x')).toThrow(/\[secret\] is too weak/);
    const error = errorOf({ region: 'eu', secretKey: ['hunter2'], proxies: [{ password: { value: 'hunter2' } }] });
    expect(JSON.stringify(error) + error.message).not.toContain('hunter2');
  });

  test('gives no field that an input inherits', () => {
    expect(errorOf(JSON.parse('{"__proto__": {"region": "eu"}}')).problems.map(({ path }) => path)).toContain('region');
  });
});

test('a text that is escaped, so as not to be a reference, is checked as what it means', () => {
  const braced = z.object({ template: z.string().regex(/^\{\{.*\}\}$/) });
  expect(checkConfig(braced, { template: '\\{{name.key}}' })).toEqual([]);
  expect(checkConfig(braced, { template: '\\{{name.key' })).toMatchObject([{ path: 'template' }]);
});

describe('an input that a schema cannot be asked about', () => {
  const refuse = (subject: z.ZodObject, input: unknown, message: string) => {
    expect(checkConfig(subject, input)).toEqual([{ path: '', message: expect.stringContaining(message) }]);
    expect(() => parseConfig(subject, input, 'it')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  };

  test('is one that is nested too deep, or contains itself', () => {
    const open = z.object({ json: z.json() });
    const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(checkConfig(open, { json: nested(63) })).toEqual([]);
    for (const depth of [64, 20_000]) refuse(open, { json: nested(depth) }, 'nested more than 64 levels deep');
    const endless: Record<string, unknown> = {};
    endless.json = endless;
    refuse(open, endless, 'nested more than 64 levels deep');
  });

  test('is one at which a check throws, without the secrets in it', () => {
    refuse(z.object({ key: secretField() }), { key: { length: { toString: 1 } } }, 'a check of the schema throws');
    const failing = z.object({ key: secretField() }).refine(({ key }) => {
      throw new Error(`no ${key.reveal()}`);
    });
    refuse(failing, { key: 'hunter2' }, 'a check of the schema throws: no [secret]');
  });
});

describe('a mask in the place of a secret', () => {
  const schema = z.object({
    key: secretField(),
    size: z.int(),
    urls: z.array(z.string()),
    headers: z.record(z.string(), z.string()),
  });
  const input = { key: '[secret]', size: 'x', urls: ['a', 'db://user:[secret]@host'], headers: { 'x-[secret]': 'y' } };
  const paths = ['key', 'urls.1', 'headers.x-[secret]', 'size'];

  test('is refused, wherever it is, together with all other problems', () => {
    expect(checkConfig(schema, input).map(({ path }) => path)).toEqual(paths);
    expect(() => parseConfig(schema, input, 'x')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        problems: paths.map((path) => expect.objectContaining({ path })),
      }),
    );
    expect(checkConfig(schema, { ...input, size: 1 })[0]?.message).toContain('holds [secret]');
  });
});

describe('checking an input with references', () => {
  const short = z.object({ name: z.string().max(3), options: z.object({ key: z.string().max(3) }).optional() });

  test('leaves the problems at a reference, and around one, for later', () => {
    expect(checkConfig(short, { name: '{{a.b}}', options: { key: '{{a.b}}' } })).toEqual([]);
    const around = z.object({ options: z.object({ key: z.string() }).refine(() => false) });
    expect(checkConfig(around, { options: { key: '{{a.b}}' } })).toEqual([]);
  });

  test('tells every other problem', () => {
    const problems = checkConfig(short, { name: 'long text', options: { key: '{{a.b}}' }, '{{a': 1 });
    expect(problems.map(({ path }) => path)).toEqual(['name', '{{a']);
  });
});

describe('the path of an artifact store', () => {
  const remote = artifactStoreConfig({ schemes: ['az://', 'abfs://'] });
  const local = artifactStoreConfig({ schemes: ['file://'], localPath: true });

  test.each(['az://container', 'abfs://a@b/c'])('%s is one of its schemes', (path) => {
    expect(remote.safeParse({ path }).success).toBe(true);
  });

  test.each(['az://', 's3://bucket', '/local', 'xaz://a', 'AZ://a', '"az://a"', ' az://a', ''])(
    '%j is refused',
    (path) => {
      expect(() => parseConfig(remote, { path }, 'x')).toThrow('must be az://... or abfs://...');
    },
  );

  test.each(['/a', 'a/b', './a', 'C:\\a', 'file:///a', '~a'])('%s is a local path', (path) => {
    expect(local.safeParse({ path }).success).toBe(true);
  });

  test.each(['s3://bucket/a', '"/a"', "'/a'", ' /a', ''])('%j is no local path', (path) => {
    expect(local.safeParse({ path }).success).toBe(false);
  });
});
