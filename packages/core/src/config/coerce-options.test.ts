import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { coerceOptions, type Option, optionName } from './coerce-options.ts';
import { configJsonSchema } from './config-schema.ts';
import { secretField } from './secret-field.ts';

const schema = configJsonSchema(
  z.object({
    region: z.string().optional(),
    retries: z.int().optional(),
    ratio: z.number().nullable().optional(),
    verbose: z.boolean().optional(),
    port: z.union([z.string(), z.number()]).optional(),
    mode: z.enum(['fast', 'safe']).optional(),
    tags: z.array(z.string()).optional(),
    sizes: z.array(z.int()).optional(),
    clientOptions: z
      .object({ maxRetries: z.int().optional(), deep: z.object({ flag: z.boolean() }).optional() })
      .optional(),
    headers: z.record(z.string(), z.string()).nullable().optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    credentials: z.object({ key: secretField() }).optional(),
    textOrList: z.union([z.string(), z.array(z.string())]).optional(),
  }),
);

function coerce(...options: readonly Option[]) {
  return coerceOptions(schema, options);
}

describe('an option', () => {
  test.each<[string, string | true, unknown]>([
    ['region', 'eu', { region: 'eu' }],
    ['region', '', { region: '' }],
    ['region', '7', { region: '7' }],
    ['retries', '7', { retries: 7 }],
    ['retries', '-1', { retries: -1 }],
    ['ratio', '1e-3', { ratio: 0.001 }],
    ['ratio', 'null', { ratio: null }],
    ['verbose', true, { verbose: true }],
    ['verbose', 'false', { verbose: false }],
    ['port', '80', { port: '80' }],
    ['mode', 'fast', { mode: 'fast' }],
    ['tags', 'a', { tags: ['a'] }],
    ['tags', '["a", "b"]', { tags: ['a', 'b'] }],
    ['sizes', '7', { sizes: [7] }],
    ['client-options.max-retries', '7', { clientOptions: { maxRetries: 7 } }],
    ['clientOptions.maxRetries', '7', { clientOptions: { maxRetries: 7 } }],
    ['client-options', '{"maxRetries": 7}', { clientOptions: { maxRetries: 7 } }],
    ['client-options.deep.flag', true, { clientOptions: { deep: { flag: true } } }],
    ['headers.content-type', 'text', { headers: { 'content-type': 'text' } }],
    ['extra.any', '{"a": 1}', { extra: { any: { a: 1 } } }],
    ['textOrList', '["a"]', { textOrList: ['a'] }],
    ['textOrList', 'a', { textOrList: 'a' }],
    ['textOrList', '[a', { textOrList: '[a' }],
  ])('--%s=%s', (name, text, input) => {
    expect(coerce([name, text])).toEqual({ input, problems: [] });
  });

  test('that is a reference stays one, whatever the type', () => {
    expect(
      coerce(['retries', '{{a.b}}'], ['client-options', '{{a.b}}'], ['tags', '{{a.b}}'], ['tags', 'c']).input,
    ).toEqual({
      retries: '{{a.b}}',
      clientOptions: '{{a.b}}',
      tags: ['{{a.b}}', 'c'],
    });
  });

  test('that does not fit stays as it is, for the schema to refuse', () => {
    expect(coerce(['retries', 'many'], ['verbose', 'yes']).input).toEqual({ retries: 'many', verbose: 'yes' });
  });

  test('may be repeated for a list, and fields of one object come together', () => {
    expect(coerce(['tags', 'a'], ['tags', 'b'], ['headers.a', '1'], ['headers.b', '2'])).toEqual({
      input: { tags: ['a', 'b'], headers: { a: '1', b: '2' } },
      problems: [],
    });
  });
});

describe('a problem', () => {
  test('is told for each option, all at once', () => {
    const { problems } = coerce(
      ['regoin', 'eu'],
      ['retries', true],
      ['region', 'a'],
      ['region', 'b'],
      ['client-options', '{a'],
    );
    expect(problems).toMatchObject([
      { path: 'regoin', code: 'OPTION_UNKNOWN', hint: 'Did you mean "--region"?' },
      { path: 'retries', message: 'the option --retries needs a value' },
      { path: 'region', message: 'the option --region is given twice' },
      { path: 'clientOptions', message: expect.stringContaining('is not valid JSON') },
    ]);
  });

  test('of a nested option names the options beside it', () => {
    expect(coerce(['client-options.max-retrys', '1']).problems).toMatchObject([
      { hint: 'Did you mean "--client-options.max-retries"?' },
    ]);
    expect(coerce(['region.deeper', '1']).problems).toMatchObject([{ hint: 'It takes no options.' }]);
  });

  test('of JSON does not show what is in it', () => {
    for (const text of ['{"key":hunter2}', '{"key":"hunter2"', '{"key":"hunter2"}}']) {
      const { problems } = coerce(['credentials', text]);
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain('hunter2');
    }
  });
});

test('JSON that is nested too deep is a problem, whatever else the option takes', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(coerce(['extra.any', nested(64)]).problems).toEqual([]);
  for (const depth of [65, 50_000]) {
    const { input, problems } = coerce(['extra.any', nested(depth)], ['textOrList', nested(depth)]);
    const message = 'is nested more than 64 levels deep';
    expect([input, problems]).toEqual([
      {},
      [
        { path: 'extra.any', message },
        { path: 'textOrList', message },
      ],
    ]);
  }
});

test('a name such as __proto__ is a name like any other', () => {
  expect(coerce(['__proto__.polluted', 'x']).problems).toHaveLength(1);
  const { input } = coerce(['headers.__proto__', 'x'], ['extra.constructor', '{"prototype": {"polluted": true}}']);
  expect(JSON.stringify(input)).toBe(
    '{"headers":{"__proto__":"x"},"extra":{"constructor":{"prototype":{"polluted":true}}}}',
  );
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('the option of a field is in kebab-case', () => {
  expect(optionName('clientOptions.maxRetries')).toBe('--client-options.max-retries');
  expect(optionName('s3Url')).toBe('--s3-url');
});
