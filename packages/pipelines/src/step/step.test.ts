import { describe, expect, it } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { step } from './step.ts';

describe('step', () => {
  it('has the name it was given', () => {
    expect(step({ name: 'load-penguins' }, () => 1).name).toBe('load-penguins');
  });

  it('refuses to be called outside of a pipeline, and says how to test it', async () => {
    const load = step({ name: 'load' }, () => 1);
    const error = await expectStackError('STEP_OUTSIDE_PIPELINE', () => load());
    expect(error.message).toContain('"load"');
    expect(error.hint).toContain('run()');
  });

  it.each([
    [{ name: 'load penguins' }, /load penguins/],
    [{ name: '../up' }, /cannot be the name of a step/],
    [{ name: 'load', retry: { attempts: 0 } }, /whole number of attempts/],
    [{ name: 'load', retry: { attempts: 1.5 } }, /whole number of attempts/],
    [{ name: 'load', outputs: ['a', 'a'] as const }, /names an output twice/],
    [{ name: 'load', outputs: ['a/b'] as const }, /step output/],
    [{ name: 'load', outputs: [] as unknown as ['a'] }, /empty list of outputs/],
  ])('refuses the options %j', async (options, message) => {
    const define = step as unknown as (options: object, run: () => unknown) => unknown;
    const error = await expectStackError('ARGUMENT_INVALID', () => define(options, () => ({ a: 1 })));
    expect(error.message).toMatch(message);
  });
});

describe('run of a step', () => {
  it('calls the function with the input, and returns what it returns as it is', async () => {
    const date = new Date();
    const add = step({ name: 'add' }, ({ a, b }: { a: number; b: number }) => ({ sum: a + b, date }));
    expect((await add.run({ a: 1, b: 2 })).date).toBe(date);
    expect((await add.run({ a: 1, b: 2 })).sum).toBe(3);
  });

  it('rejects with what the function throws', async () => {
    const error = new Error('no');
    const fail = step({ name: 'fail' }, () => {
      throw error;
    });
    await expect(fail.run()).rejects.toBe(error);
  });

  it('makes up a context, and takes what it is given of one', async () => {
    const look = step({ name: 'look' }, (_input, { step: name, attempt, signal, runId }) => ({
      name,
      attempt,
      runId,
      aborted: signal.aborted,
    }));
    expect(await look.run({}, { attempt: 3 })).toEqual({
      name: 'look',
      attempt: 3,
      runId: 'unit-test',
      aborted: false,
    });
  });

  it('has a stack only when it is given one', async () => {
    const name = step({ name: 'name' }, (_input, context) => context.stack.name);
    const error = await expectStackError('ARGUMENT_INVALID', () => name.run());
    expect(error.hint).toContain('{ stack }');
    const { stack } = await createTestStack();
    expect(await name.run({}, { stack })).toBe('test');
  });
});
