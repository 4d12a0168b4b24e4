import { artifactStoreConfig, secretField } from '@stack/core';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { schemaProblems } from './schema-problems.ts';

test('a config of plain values, unions, lists, defaults and secrets has no problem', () => {
  const schema = artifactStoreConfig({ schemes: ['x://'] }).extend({
    region: z.string().optional(),
    retries: z.int().min(0).default(3),
    secretKey: secretField().optional(),
    proxies: z.array(z.object({ host: z.string(), password: secretField() })).default([]),
    headers: z.record(z.string(), z.string()).nullable().optional(),
    login: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('none') }),
      z.object({ kind: z.literal('key'), key: secretField() }),
    ]),
    checked: z.string().refine((value) => value.length > 2),
  });
  expect(schemaProblems(schema)).toEqual([]);
});

let counter = 0;

test.each<[string, z.ZodObject, string, RegExp]>([
  ['a transform', z.object({ a: z.string().transform(Number) }), 'a', /transformed/],
  ['a preprocess', z.object({ a: z.preprocess(String, z.string()) }), 'a', /preprocessed/],
  ['a pipe', z.object({ a: z.string().pipe(z.email()) }), 'a', /piped/],
  ['a codec', z.object({ a: z.codec(z.string(), z.number(), { decode: Number, encode: String }) }), 'a', /transformed/],
  ['a coercion', z.object({ a: z.coerce.number() }), 'a', /coerced/],
  ['a catch', z.object({ a: z.string().catch('b') }), 'a', /catch/],
  ['a default that changes', z.object({ a: z.number().default(() => counter++) }), 'a', /another each time/],
  ['a transform in a list', z.object({ a: z.array(z.object({ b: z.string().transform(Number) })) }), 'a.*.b', /transf/],
  ['a transform in a record', z.object({ a: z.record(z.string(), z.string().transform(Number)) }), 'a.*', /transf/],
  ['a transform in a union', z.object({ a: z.union([z.number(), z.string().transform(Number)]) }), 'a', /transf/],
  ['a transform in a tuple', z.object({ a: z.tuple([z.string().transform(Number)]) }), 'a.0', /transf/],
  ['a transform behind a default', z.object({ a: z.string().transform(Number).default(1) }), 'a', /transf/],
  ['a transform in an intersection', z.object({ a: z.string().and(z.string().transform(Number)) }), 'a', /transf/],
  ['a transform in a lazy schema', z.object({ a: z.lazy(() => z.string().transform(Number)) }), 'a', /transf/],
])('%s is a problem', (_, schema, path, message) => {
  expect(schemaProblems(schema)).toEqual([{ path, message: expect.stringMatching(message), hint: expect.any(String) }]);
});

test('a schema that contains itself is walked to its end', () => {
  const tree: z.ZodObject = z.object({ children: z.array(z.lazy(() => tree)) });
  expect(schemaProblems(tree)).toEqual([]);
});
