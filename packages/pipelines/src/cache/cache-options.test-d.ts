import { expectTypeOf, test } from 'vitest';
import { step } from '../step/step.ts';

test('a key function takes the input of its step', () => {
  step({ name: 'one', cache: { key: ({ rows }) => rows.length } }, ({ rows }: { rows: number[] }) => rows.length);
  step(
    { name: 'two', cache: { key: ({ rows }: { rows: number[] }) => rows.length } },
    ({ rows }: { rows: number[] }, { parameters }) => [rows.length, parameters.at],
  );
  step(
    { name: 'three', outputs: ['a'], cache: { key: ({ rows }) => rows.length } },
    ({ rows }: { rows: number[] }) => ({ a: rows }),
  );
  // @ts-expect-error: the step has no such input
  step({ name: 'four', cache: { key: ({ rwos }) => rwos } }, ({ rows }: { rows: number[] }) => rows.length);
  // @ts-expect-error: a date is no JSON
  step({ name: 'five', cache: { key: () => new Date() } }, () => 1);
  const add = step({ name: 'six', cache: { expiresAfter: 1 } }, ({ a }: { a: number }) => a);
  expectTypeOf(add.run).parameter(0).toEqualTypeOf<{ a: number }>();
});
