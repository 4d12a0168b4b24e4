import { inspect } from 'node:util';
import { coerceOptions, Secret } from '@stack/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineMaterializer } from '../artifacts/materializer.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import type { OutputHandle } from './output-handle.ts';
import { isPipeline, pipeline } from './pipeline.ts';

const load = step({ name: 'load' }, () => [1, 2, 3]);
const split = step({ name: 'split', outputs: ['train', 'test'] }, ({ rows }: { rows: number[]; ratio?: number }) => ({
  train: rows,
  test: rows,
}));
const take = step({ name: 'take', retry: { attempts: 3 } }, ({ value }: { value: unknown }) => value);

describe('plan', () => {
  it('has the steps in the order of their calls, with what each depends on', () => {
    const training = pipeline({ name: 'training' }, () => {
      const { train, test } = split({ rows: load(), ratio: 0.8 });
      take({ value: { models: [train, 1], note: 'x', best: test } });
    });
    expect(training.plan({})).toEqual({
      planVersion: 1,
      pipeline: 'training',
      source: undefined,
      parameters: {},
      steps: [
        { name: 'load', upstream: [], inputs: {}, outputs: ['output'], attempts: 1 },
        {
          name: 'split',
          upstream: ['load'],
          inputs: {
            rows: { kind: 'output', step: 'load', output: 'output' },
            ratio: { kind: 'value', value: 0.8 },
          },
          outputs: ['train', 'test'],
          attempts: 1,
        },
        {
          name: 'take',
          upstream: ['split'],
          inputs: {
            value: {
              kind: 'object',
              fields: {
                models: {
                  kind: 'list',
                  items: [
                    { kind: 'output', step: 'split', output: 'train' },
                    { kind: 'value', value: 1 },
                  ],
                },
                note: { kind: 'value', value: 'x' },
                best: { kind: 'output', step: 'split', output: 'test' },
              },
            },
          },
          outputs: ['output'],
          attempts: 3,
          backoff: { baseDelay: 200, maximumDelay: 10_000 },
        },
      ],
    });
  });

  it('is plain JSON, frozen at every depth, and does not change with what it was made of', () => {
    const list = [{ a: 1 }];
    const training = pipeline({ name: 'training', parameters: z.object({ tags: z.unknown() }) }, () => {
      take({ value: { list } });
    });
    const tags = ['x'];
    const plan = training.plan({ tags }, { source: { module: 'file:///a.ts', export: 'training' } });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    expect(isFrozen(plan)).toBe(true);
    expect(Object.isFrozen(tags) || Object.isFrozen(list)).toBe(false);
    list[0] = { a: 2 };
    tags.push('y');
    expect(plan.steps[0]?.inputs.value).toEqual({ kind: 'value', value: { list: [{ a: 1 }] } });
    expect(plan.parameters).toEqual({ tags: ['x'] });
  });

  it('numbers the further calls of a step', () => {
    const names = pipeline({ name: 'names' }, () => {
      load();
      load();
      load();
    })
      .plan({})
      .steps.map(({ name }) => name);
    expect(names).toEqual(['load', 'load-2', 'load-3']);
  });

  it('refuses two steps of one name, by their own name or a numbered one', async () => {
    const other = step({ name: 'load' }, () => 2);
    const error = await expectStackError('PIPELINE_INVALID', () =>
      pipeline({ name: 'twice' }, () => {
        load();
        other();
      }).plan({}),
    );
    expect(error.message).toContain('two steps have the name "load"');
    const numbered = step({ name: 'load-2' }, () => 2);
    await expectStackError('PIPELINE_INVALID', () =>
      pipeline({ name: 'numbered' }, () => {
        numbered();
        load();
        load();
      }).plan({}),
    );
  });

  it('leaves out inputs and properties that are undefined', () => {
    const plan = pipeline({ name: 'optional' }, () => {
      take({ value: { a: 1, b: undefined } });
      const options = { rows: load(), ratio: undefined } as unknown as { rows: OutputHandle<number[]> };
      split(options);
    }).plan({});
    expect(plan.steps[0]?.inputs.value).toEqual({ kind: 'value', value: { a: 1 } });
    expect(Object.keys(plan.steps[2]?.inputs ?? {})).toEqual(['rows']);
  });

  it('refuses constants that are not JSON, naming the step and every field', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const value = {
      rows: [1, Number.NaN, undefined],
      when: new Date(),
      call: () => 1,
      big: 1n,
      map: new Map(),
      cyclic,
      secret: new Secret('hidden-value'),
      ok: load,
    };
    const error = await expectStackError('PIPELINE_INVALID', () =>
      pipeline({ name: 'constants' }, () => {
        take({ value });
      }).plan({}),
    );
    expect(error.message.split('\n')).toEqual([
      'The pipeline "constants" is not valid: the input "value" of the step "take" is not JSON:',
      '  rows.1 is NaN',
      '  rows.2 is undefined',
      '  when is an instance of Date',
      '  call is a function',
      '  big is a BigInt',
      '  map is an instance of Map',
      '  cyclic.self contains itself',
      '  secret is an instance of Secret',
      '  ok is a function',
    ]);
  });

  it('refuses inputs that are not given by name', async () => {
    const call = take as unknown as (input: unknown) => unknown;
    for (const input of [[1], 5, new Date()]) {
      const error = await expectStackError('PIPELINE_INVALID', () =>
        pipeline({ name: 'unnamed' }, () => void call(input)).plan({}),
      );
      expect(error.hint).toContain('take({ name: value })');
    }
    await expectStackError('PIPELINE_INVALID', () => pipeline({ name: 'handle' }, () => void call(load())).plan({}));
  });

  it('refuses a handle that another pipeline made', async () => {
    let kept: OutputHandle<number[]> | undefined;
    pipeline({ name: 'first' }, () => {
      kept = load();
    }).plan({});
    const second = pipeline({ name: 'second' }, () => {
      take({ value: kept });
    });
    const error = await expectStackError('PIPELINE_INVALID', () => second.plan({}));
    expect(error.message).toContain('of another pipeline');
  });

  it('refuses a pipeline without steps', async () => {
    await expectStackError('PIPELINE_INVALID', () => pipeline({ name: 'empty' }, () => {}).plan({}));
  });

  it('is over when its function throws', async () => {
    const broken = pipeline({ name: 'broken' }, () => {
      throw new RangeError('mine');
    });
    expect(() => broken.plan({})).toThrow(RangeError);
    await expectStackError('STEP_OUTSIDE_PIPELINE', () => load());
  });
});

describe('a handle', () => {
  const uses: Record<string, (handle: never) => unknown> = {
    'in a template string': (handle) => `rows: ${handle}`,
    'in arithmetic': (handle) => handle + 1,
    'in a comparison': (handle) => handle < 1,
    'as an index': (handle) => [1][handle],
    'spread into a list': (handle) => [...(handle as Iterable<unknown>)],
    'spread into an object': (handle) => ({ ...(handle as object) }),
    'by its keys': (handle) => Object.keys(handle),
    'iterated over': (handle) => {
      for (const _ of handle as Iterable<unknown>) return;
    },
    'as JSON': (handle) => JSON.stringify({ handle }),
    'by a property': (handle) => (handle as { length: number }).length,
    'with in': (handle) => 'length' in handle,
    'in an assignment': (handle) => Object.assign(handle, { length: 1 }),
    awaited: (handle) => Promise.resolve(handle),
  };

  it.each(Object.keys(uses))('cannot be used %s', async (use) => {
    let misuse: Promise<unknown> = Promise.resolve();
    pipeline({ name: 'misuse' }, () => {
      const handle = load() as never;
      misuse = expectStackError('OUTPUT_HANDLE_MISUSED', () => uses[use]?.(handle));
    }).plan({});
    expect(await misuse).toMatchObject({ message: expect.stringContaining('"output" of the step "load"') });
  });

  it('can be printed', () => {
    let printed = '';
    pipeline({ name: 'print' }, () => {
      printed = inspect(load());
    }).plan({});
    expect(printed).toBe("{ step: 'load', output: 'output' }");
  });

  it('is found among named outputs, and a name that is none of them throws', async () => {
    const misspelt = pipeline({ name: 'misspelt' }, () => {
      take({ value: (split({ rows: load() }) as unknown as { tran: unknown }).tran });
    });
    const error = await expectStackError('OUTPUT_HANDLE_MISUSED', () => misspelt.plan({}));
    expect(error.hint).toBe('Did you mean "train"?');
    const all = pipeline({ name: 'all' }, () => {
      take({ value: split({ rows: load() }) });
    });
    expect(all.plan({}).steps[2]?.inputs.value).toMatchObject({
      kind: 'object',
      fields: { test: { output: 'test' } },
    });
  });
});

describe('parameters', () => {
  const training = pipeline(
    { name: 'training', parameters: z.object({ ratio: z.number().max(1).default(0.8), rows: z.number().optional() }) },
    ({ ratio }) => {
      take({ value: ratio });
    },
  );

  it('have their defaults, in the plan and in the function', () => {
    expect(training.plan({}).parameters).toEqual({ ratio: 0.8 });
    expect(training.plan({}).steps[0]?.inputs.value).toEqual({ kind: 'value', value: 0.8 });
    expect(training.plan({ ratio: 0.5 }).parameters).toEqual({ ratio: 0.5 });
  });

  it('are refused with every problem at once, and the nearest name', async () => {
    const input = { ratio: 2, rows: 'many', ratoi: 1 } as unknown as { ratio: number };
    const error = await expectStackError('CONFIG_INVALID', () => training.plan(input));
    expect(error.message).toContain('The parameters of the pipeline "training" are not valid');
    expect(error.problems.map(({ path }) => path).sort()).toEqual(['ratio', 'ratoi', 'rows']);
    expect(error.message).toContain('Did you mean "ratio"?');
  });

  it('can be read from flags by their JSON Schema', () => {
    const { input, problems } = coerceOptions(training.parametersJsonSchema, [['ratio', '0.7']]);
    expect(problems).toEqual([]);
    expect(training.plan(input).parameters).toEqual({ ratio: 0.7 });
  });

  it('are refused when they have no JSON Schema, or are not JSON once parsed', async () => {
    const dates = z.object({ when: z.coerce.date() });
    await expectStackError('PIPELINE_INVALID', () => pipeline({ name: 'dates', parameters: dates }, () => {}));
    const parameters = z.object({ when: z.string().transform((text) => new Date(text)) });
    const dated = pipeline({ name: 'dated', parameters }, () => {
      load();
    });
    const error = await expectStackError('PIPELINE_INVALID', () => dated.plan({ when: '2026-01-01' }));
    expect(error.message).toContain('when is an instance of Date');
  });
});

describe('pipeline', () => {
  it('refuses an asynchronous function, whether it says so or returns a promise', async () => {
    await expectStackError('PIPELINE_INVALID', () => pipeline({ name: 'later' }, async () => load()));
    const promised = pipeline({ name: 'promised' }, () => Promise.reject(new Error('unheard')));
    await expectStackError('PIPELINE_INVALID', () => promised.plan({}));
  });

  it('refuses a bad name, and two materializers of one name', async () => {
    await expectStackError('ARGUMENT_INVALID', () => pipeline({ name: 'my pipeline' }, () => {}));
    const text = defineMaterializer({
      name: 'text',
      matches: (value): value is string => typeof value === 'string',
      serialize: (value) => value,
      deserialize: String,
    });
    const error = await expectStackError('PIPELINE_INVALID', () =>
      pipeline({ name: 'texts', materializers: [text] }, () => {}),
    );
    expect(error.message).toContain('"text"');
  });

  it('is recognised by its brand, which copies of the package share', () => {
    expect(isPipeline(pipeline({ name: 'mine' }, () => {}))).toBe(true);
    expect(isPipeline({ [Symbol.for('@stack/pipeline')]: true })).toBe(true);
    expect([undefined, null, 'mine', {}, load].filter(isPipeline)).toEqual([]);
  });
});
