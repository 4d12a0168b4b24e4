import { coerceOptions } from '@stack/core';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it, test } from 'vitest';
import * as z from 'zod';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import type { ParametersSchema } from './parameters.ts';
import { pipeline } from './pipeline.ts';

const take = step({ name: 'take' }, ({ value }: { value: unknown }) => value);

const withSchema = (parameters: ParametersSchema) =>
  pipeline({ name: 'training', parameters }, (given) => {
    take({ value: given });
  });

// Each describes the same parameters.
const libraries: readonly (readonly [string, ParametersSchema])[] = [
  ['zod', z.object({ ratio: z.number().max(1).default(0.8), species: z.array(z.string()).optional() })],
  ['ArkType', type({ ratio: 'number <= 1 = 0.8', 'species?': 'string[]' })],
  [
    'Valibot',
    toStandardJsonSchema(
      v.object({ ratio: v.optional(v.pipe(v.number(), v.maxValue(1)), 0.8), species: v.optional(v.array(v.string())) }),
    ),
  ],
];

describe.each(libraries)('parameters of %s', (_library, schema) => {
  const training = withSchema(schema);

  it('are parsed, with their defaults', () => {
    expect(training.plan({ species: ['Adelie'] }).parameters).toEqual({ ratio: 0.8, species: ['Adelie'] });
  });

  it('have a JSON Schema that flags are read by', () => {
    expect(training.parametersJsonSchema).toMatchObject({
      type: 'object',
      properties: { ratio: { type: 'number', maximum: 1 }, species: { type: 'array' } },
    });
    expect(training.parametersJsonSchema).not.toHaveProperty('$schema');
    const { input, problems } = coerceOptions(training.parametersJsonSchema, [
      ['ratio', '0.5'],
      ['species', 'Gentoo'],
    ]);
    expect([input, problems]).toEqual([{ ratio: 0.5, species: ['Gentoo'] }, []]);
  });

  it('are refused with all that is wrong with them, a misspelt name too', async () => {
    const error = await expectStackError('CONFIG_INVALID', () =>
      training.plan({ ratio: 2, species: ['Adelie', 7], specie: 'Adelie' }),
    );
    expect(error.problems.map(({ path }) => path).sort()).toEqual(['ratio', 'specie', 'species.1']);
    expect(error.message).toContain('The parameters of the pipeline "training" are not valid:\n');
    expect(error.problems.find(({ path }) => path === 'specie')).toMatchObject({
      code: 'OPTION_UNKNOWN',
      hint: expect.stringContaining('"species"'),
    });
  });

  it('are refused when they hold what stands for a secret', async () => {
    const error = await expectStackError('CONFIG_INVALID', () => training.plan({ species: ['[secret]'] }));
    expect(error.problems.map(({ path }) => path)).toEqual(['species.0']);
  });

  it('are refused when they are nested too deep', async () => {
    const deep = JSON.parse('['.repeat(2000) + ']'.repeat(2000)) as unknown;
    const error = await expectStackError('CONFIG_INVALID', () => training.plan({ species: deep }));
    expect(error.message).toContain('levels deep');
  });
});

test('a name that the schema does not know is a parameter where it says that there may be others', () => {
  const open = withSchema(toStandardJsonSchema(v.objectWithRest({ ratio: v.number() }, v.unknown())));
  expect(open.plan({ ratio: 1, further: true }).parameters).toEqual({ ratio: 1, further: true });
});

test('a check that is asynchronous is refused, since a pipeline is put together at once', async () => {
  const schema = toStandardJsonSchema(v.object({ ratio: v.number() }));
  const validate = async () => ({ value: { ratio: 1 } });
  const later = withSchema({ '~standard': { ...schema['~standard'], validate } });
  const error = await expectStackError('CONFIG_INVALID', () => later.plan({ ratio: 1 }));
  expect(error.message).toContain('asynchronous');
});

test.each<[string, unknown]>([
  ['that has no JSON Schema', v.object({ ratio: v.number() })],
  ['of no object', type('number')],
  ['of what JSON does not have', z.object({ when: z.date() })],
  ['that is none', { ratio: 'number' }],
])('a schema %s is refused', async (_what, schema) => {
  await expectStackError('PIPELINE_INVALID', () => withSchema(schema as ParametersSchema));
});
