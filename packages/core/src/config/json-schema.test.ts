import { expect, test } from 'vitest';
import * as z from 'zod';
import { configJsonSchema } from './config-schema.ts';
import { itemSchema, schemaAt, schemaProperties, schemaTypes, secretFieldPaths } from './json-schema.ts';
import { secretField } from './secret-field.ts';

const schema = configJsonSchema(
  z.object({
    region: z.string().optional(),
    size: z.union([z.int(), z.literal('auto'), z.null()]),
    secretKey: secretField().optional(),
    proxies: z.array(z.object({ password: secretField() })).default([]),
    tokens: z.record(z.string(), secretField()).optional(),
    login: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('key'), key: secretField() }),
      z.object({ kind: z.literal('user'), user: z.string(), password: secretField() }),
    ]),
  }),
);

test('the types of a field are those of all its alternatives', () => {
  const properties = schemaProperties(schema);
  expect([...schemaTypes(properties.get('size') ?? {})].sort()).toEqual(['integer', 'null', 'string']);
  expect([...schemaTypes({ enum: ['a', 1, null] })].sort()).toEqual(['null', 'number', 'string']);
  expect([...schemaTypes({ type: ['string', 'null'] })]).toEqual(['string', 'null']);
  expect([...schemaTypes({})]).toEqual([]);
});

test('the properties of a union are those of all its alternatives', () => {
  expect([...schemaProperties(schemaAt(schema, ['login']) ?? {}).keys()]).toEqual(['kind', 'key', 'user', 'password']);
});

test('secret fields are found in lists, records and unions', () => {
  expect(secretFieldPaths(schema)).toEqual([
    'secretKey',
    'proxies.*.password',
    'tokens.*',
    'login.key',
    'login.password',
  ]);
});

test('a path leads through lists and records', () => {
  expect(schemaAt(schema, ['proxies', 3, 'password'])).toMatchObject({ type: 'string', secret: true });
  expect(schemaAt(schema, ['tokens', 'any'])).toMatchObject({ secret: true });
  expect(schemaAt(schema, ['region', 'deeper'])).toBeUndefined();
  expect(schemaAt(schema, ['nothing'])).toBeUndefined();
  expect(itemSchema({ anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'string' } }] })).toEqual({
    type: 'string',
  });
});
