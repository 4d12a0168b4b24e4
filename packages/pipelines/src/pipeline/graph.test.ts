import { setTimeout as sleep } from 'node:timers/promises';
import type { RunLease } from '@stack/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { defineMaterializer } from '../artifacts/materializer.ts';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import type { RunEvent } from '../engine/run-event.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { optional } from './output-handle.ts';
import { type AnyPipeline, pipeline } from './pipeline.ts';

const silent = { onEvent: () => {}, throwOnFailure: false } as const;
const number = step({ name: 'number' }, ({ value }: { value: number }) => value);
const isBig = step({ name: 'is-big', retry: { attempts: 1 } }, ({ value }: { value: number }) => value > 10);
const note = step({ name: 'note' }, ({ value }: { value?: number | undefined }) => `got ${value}`);
const broken = step({ name: 'broken' }, async (): Promise<number> => {
  throw new Error('no');
});

afterEach(() => void vi.useRealTimers());

async function statesOf(
  given: AnyPipeline,
  parameters: Record<string, unknown> = {},
  onEvent: (event: RunEvent) => void = silent.onEvent,
) {
  const { stack } = await createTestStack();
  const run = await given.run(parameters, { stack, ...silent, onEvent });
  return { run, states: Object.fromEntries(run.steps.map(({ step: name, state }) => [name, state])) };
}

describe('after', () => {
  it('lets a step wait for others, whose values it does not take', async () => {
    const order: string[] = [];
    const slow = step({ name: 'slow', outputs: ['a', 'b'] }, async () => {
      await sleep(20);
      order.push('slow');
      return { a: 1, b: 2 };
    });
    const quick = step({ name: 'quick' }, () => void order.push('quick'));
    const waiting = pipeline({ name: 'waiting' }, () => {
      quick({}, { after: [slow(), number({ value: 1 })] });
    });
    const { run } = await statesOf(waiting);
    expect(run.state).toBe('completed');
    expect(order).toEqual(['slow', 'quick']);
    expect(waiting.plan({}).steps[2]?.upstream).toEqual(['slow', 'number']);
  });

  it('skips a step when one that it waits for failed', async () => {
    const { run, states } = await statesOf(
      pipeline({ name: 'failing' }, () => {
        number({ value: 1 }, { after: [broken()] });
      }),
    );
    expect(states).toEqual({ broken: 'failed', number: 'skipped' });
    expect(run.steps[1]?.reason).toBe('the step "broken" did not complete');
  });

  it('refuses what no step returned', () => {
    const wrong = pipeline({ name: 'wrong' }, () => {
      number({ value: 1 }, { after: [{} as never] });
    });
    expect(() => wrong.plan({})).toThrow(expect.objectContaining({ code: 'PIPELINE_INVALID' }));
  });
});

describe('the name of a call', () => {
  it('is that of the step in the plan', () => {
    const named = pipeline({ name: 'named' }, () => [number({ value: 1 }, { name: 'one' }), number({ value: 2 })]);
    expect(named.plan({}).steps.map(({ name }) => name)).toEqual(['one', 'number']);
  });

  it('is refused when it is taken, or no name', () => {
    const names = (...given: string[]) =>
      pipeline({ name: 'named' }, () => {
        for (const name of given) number({ value: 1 }, { name });
      }).plan({});
    expect(() => names('a', 'a')).toThrow('there is a step "a", and this call is given that name too');
    expect(() => names('a b')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
});

describe('a condition', () => {
  const branches = pipeline({ name: 'branches', parameters: z.object({ value: z.number() }) }, ({ value }) => {
    const big = isBig({ value });
    const large = number({ value: 1 }, { name: 'large', when: big });
    const small = number({ value: 2 }, { name: 'small', unless: big });
    note({ value: large }, { name: 'of-large' });
    return [note({ value: optional(large) }, { name: 'either' }), note({ value: optional(small) }, { name: 'other' })];
  });

  it('runs a step when it holds, and skips it else, with those that need what it puts out', async () => {
    const { run, states } = await statesOf(branches, { value: 50 });
    expect(run.state).toBe('completed');
    expect(states).toEqual({
      'is-big': 'completed',
      large: 'completed',
      small: 'skipped',
      'of-large': 'completed',
      either: 'completed',
      other: 'completed',
    });
    expect(await run.result()).toEqual(['got 1', 'got undefined']);
    expect(run.steps[2]?.reason).toBe('the output "output" of the step "is-big" is true');
    const small = await statesOf(branches, { value: 5 });
    expect(small.states).toMatchObject({ large: 'skipped', small: 'completed', 'of-large': 'skipped' });
    expect(small.run.state).toBe('completed');
    expect(small.run.steps[3]?.reason).toBe('the step "large" was skipped');
    expect(await small.run.result()).toEqual(['got undefined', 'got 2']);
  });

  it('skips what takes an optional output of a step that failed, not for its condition', async () => {
    const { states } = await statesOf(
      pipeline({ name: 'failing' }, () => {
        note({ value: optional(broken()) });
      }),
    );
    expect(states).toEqual({ broken: 'failed', note: 'skipped' });
  });

  it('that is neither true nor false fails the step', async () => {
    const { run } = await statesOf(
      pipeline({ name: 'odd' }, () => {
        number({ value: 1 }, { name: 'then', when: number({ value: 1 }) as never });
      }),
    );
    expect(run.steps[1]).toMatchObject({ state: 'failed', error: { code: 'STEP_FAILED' } });
    expect(run.steps[1]?.error?.message).toContain('is neither true nor false');
  });

  it('is refused when it is known already, or twice', () => {
    const planned = (options: object) =>
      pipeline({ name: 'odd' }, () => {
        number({ value: 1 }, { name: 'then', ...options });
      }).plan({});
    expect(() => planned({ when: true })).toThrow('is not the output of a step');
    const both = pipeline({ name: 'odd' }, () => {
      const big = isBig({ value: 1 });
      number({ value: 1 }, { when: big, unless: big });
    });
    expect(() => both.plan({})).toThrow('has both "when" and "unless"');
  });
});

describe('map', () => {
  const list = step({ name: 'list' }, ({ length }: { length: number }) =>
    Array.from({ length }, (_, index) => ({ id: index })),
  );
  const double = step({ name: 'double' }, ({ row, by }: { row: { id: number }; by: number }) => row.id * by);
  const halves = step({ name: 'halves', outputs: ['left', 'right'] }, ({ of }: { of: number }) => ({
    left: of / 2,
    right: `${of / 2}`,
  }));
  const sum = step({ name: 'sum' }, ({ rows }: { rows: readonly number[] }) => rows.reduce((a, b) => a + b, 0));

  it('runs a step for each item, and gathers what they put out in order', async () => {
    const mapped = pipeline({ name: 'mapped' }, () => {
      const doubled = double.map(list({ length: 4 }), (row) => ({ row, by: number({ value: 2 }) }));
      return { doubled, sum: sum({ rows: doubled }) };
    });
    const { run } = await statesOf(mapped);
    expect(await run.result()).toEqual({ doubled: [0, 2, 4, 6], sum: 12 });
    expect(run.steps.map(({ step: name, index, item, state }) => [name, index, item, state])).toEqual([
      ['list', 0, undefined, 'completed'],
      ['number', 1, undefined, 'completed'],
      ['double', 2, undefined, 'completed'],
      ['double[0]', 2, 0, 'completed'],
      ['double[1]', 2, 1, 'completed'],
      ['double[2]', 2, 2, 'completed'],
      ['double[3]', 2, 3, 'completed'],
      ['sum', 3, undefined, 'completed'],
    ]);
    expect(await run.output('double[3]')).toBe(6);
    expect(mapped.plan({}).steps[2]).toMatchObject({
      upstream: ['number', 'list'],
      map: { kind: 'output', step: 'list', output: 'output' },
      inputs: { row: { kind: 'item' } },
    });
  });

  it('maps over constants, lists of outputs, mapped steps and empty lists', async () => {
    const mapped = pipeline({ name: 'mapped' }, () => {
      const constants = double.map([{ id: 3 }, { id: 4 }], (row) => ({ row, by: 1 }));
      const outputs = number.map([number({ value: 7 }, { name: 'seven' }), 8], (value) => ({ value }));
      const again = number.map(constants, (value) => ({ value }), { name: 'again' });
      const { left, right } = halves.map(outputs, (of) => ({ of }));
      const none = double.map(list({ length: 0 }), (row) => ({ row, by: 1 }), { name: 'none' });
      return { constants, outputs, again, left, right, none };
    });
    const { run } = await statesOf(mapped);
    expect(await run.result()).toEqual({
      constants: [3, 4],
      outputs: [7, 8],
      again: [3, 4],
      left: [3.5, 4],
      right: ['3.5', '4'],
      none: [],
    });
  });

  it('gives each item a value of its own, of its class too', async () => {
    class Point {
      x = 1;
    }
    const points = defineMaterializer({
      name: 'points',
      matches: (value): value is Point[] => Array.isArray(value) && value[0] instanceof Point,
      serialize: (value) => String(value.length),
      deserialize: async (stored) => Array.from({ length: Number(await stored.bytes()) }, () => new Point()),
    });
    const make = step({ name: 'make' }, () => [new Point(), new Point()]);
    const shared = { id: 1 };
    const rows = step({ name: 'rows' }, () => [shared, shared]);
    const move = step({ name: 'move' }, ({ point }: { point: Point }) => {
      if (!(point instanceof Point)) throw new Error('lost its class');
      return ++point.x;
    });
    const raise = step({ name: 'raise' }, ({ row }: { row: { id: number } }) => ++row.id);
    const { run } = await statesOf(
      pipeline({ name: 'own', materializers: [points] }, () => [
        move.map(make(), (point) => ({ point })),
        raise.map(rows(), (row) => ({ row })),
      ]) as AnyPipeline,
    );
    expect(await run.result()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it('tries each item by itself, and fails when one fails', async () => {
    const flaky = step(
      { name: 'flaky', retry: { attempts: 2, baseDelay: 0 } },
      ({ row }: { row: { id: number } }, { attempt }) => {
        if (row.id === 1 && attempt === 1) throw new Error('once');
        if (row.id === 2) throw new Error('always');
        return row.id;
      },
    );
    const { run, states } = await statesOf(
      pipeline({ name: 'flaky' }, () => {
        sum({ rows: flaky.map(list({ length: 3 }), (row) => ({ row })) });
      }),
    );
    expect(states).toMatchObject({ flaky: 'failed', 'flaky[0]': 'completed', 'flaky[2]': 'failed', sum: 'skipped' });
    expect(run.steps.find(({ step: name }) => name === 'flaky[1]')).toMatchObject({ state: 'completed', attempt: 2 });
    expect(run.steps[1]?.error?.message).toBe('1 of 3 items failed; "flaky[2]": always');
    expect(run.error?.message).toBe('The step "flaky[2]" failed: always');
  });

  it('over what is no list fails, and nothing of it is left pending', async () => {
    const { run } = await statesOf(
      pipeline({ name: 'odd' }, () => {
        double.map(number({ value: 1 }) as never, (row) => ({ row: row as never, by: 1 }));
      }),
    );
    expect(run.steps.map(({ state }) => state)).toEqual(['completed', 'failed']);
    expect(run.steps[1]?.error?.message).toContain('The artifact "odd/number/output@1" is no list');
  });

  it('is skipped as other steps are', async () => {
    const { states } = await statesOf(
      pipeline({ name: 'skipped' }, () => {
        double.map(list({ length: 2 }), (row) => ({ row, by: broken() }));
        double.map(list({ length: 2 }), (row) => ({ row, by: 1 }), { name: 'never', when: isBig({ value: 1 }) });
      }),
    );
    expect(states).toMatchObject({ double: 'skipped', never: 'skipped' });
    expect(Object.keys(states).filter((name) => name.includes('['))).toEqual([]);
  });

  it('cancels and skips the items of a run that is cancelled', async () => {
    const { stack } = await createTestStack();
    const controller = new AbortController();
    const wait = step({ name: 'wait' }, async (_: { row: unknown }, { signal }) => {
      controller.abort();
      await sleep(60_000, undefined, { signal });
    });
    const waiting = pipeline({ name: 'waiting' }, () => {
      wait.map(list({ length: 3 }), (row) => ({ row }));
    });
    const run = await waiting.run({}, { stack, signal: controller.signal, ...silent });
    expect(run.state).toBe('cancelled');
    expect(run.steps.map(({ state }) => state).every((state) => /completed|cancelled|skipped/.test(state))).toBe(true);
    expect(run.steps.find(({ step: name }) => name === 'wait')).toMatchObject({ state: 'cancelled' });
  });

  it('refuses an item where it is none, and what is no list', () => {
    const lost = pipeline({ name: 'lost' }, () => {
      double.map(list({ length: 1 }), (row) => ({ row: number({ value: row as never }) as never, by: 1 }));
    });
    expect(() => lost.plan({})).toThrow('is an item of the list that the step "double" is mapped over');
    const single = pipeline({ name: 'single' }, () => {
      double.map(5 as never, (row) => ({ row: row as never, by: 1 }));
    });
    expect(() => single.plan({})).toThrow('what the step "double" is mapped over is no list');
    const used = pipeline({ name: 'used' }, () => {
      double.map(list({ length: 1 }), (row) => ({ row, by: (row as unknown as { id: number }).id }));
    });
    expect(() => used.plan({})).toThrow(expect.objectContaining({ code: 'OUTPUT_HANDLE_MISUSED' }));
  });

  it('runs a list of 2,000 items, and asks for it once', async () => {
    const { stack, artifactStore } = await createTestStack();
    const reads = vi.spyOn(artifactStore, 'read');
    const long = pipeline({ name: 'long' }, () =>
      sum({ rows: double.map(list({ length: 2_000 }), (row) => ({ row, by: 1 })) }),
    );
    const run = await long.run({}, { stack, ...silent });
    expect(await run.result()).toBe(1_999_000);
    // The list once; each item where they are summed up; the list of items, and the result.
    expect(reads.mock.calls.length).toBeLessThan(2_010);
  });
});

describe('a failure policy', () => {
  let failure: PromiseWithResolvers<void>;
  /** Runs until the other step has failed, and ends well unless it is told to stop then. */
  const slow = step({ name: 'slow' }, async (_input, { signal }) => {
    await failure.promise;
    signal.throwIfAborted();
    return 1;
  });
  const failing = (failurePolicy?: 'continue' | 'finish-running' | 'fail-fast') =>
    pipeline({ name: 'failing', ...(failurePolicy === undefined ? {} : { failurePolicy }) }, () => {
      broken();
      number({ value: slow() });
    });
  const statesAfter = (policy?: 'finish-running' | 'fail-fast') => {
    failure = Promise.withResolvers();
    return statesOf(failing(policy), {}, ({ type }) => {
      if (type === 'step-failed') failure.resolve();
    });
  };

  it('decides what goes on after a step failed', async () => {
    expect((await statesAfter()).states).toEqual({ broken: 'failed', slow: 'completed', number: 'completed' });
    const finished = await statesAfter('finish-running');
    expect(finished.states).toEqual({ broken: 'failed', slow: 'completed', number: 'skipped' });
    expect(finished.run.steps[2]?.reason).toBe('the step "broken" failed');
    const fast = await statesAfter('fail-fast');
    expect(fast.states).toEqual({ broken: 'failed', slow: 'cancelled', number: 'skipped' });
    expect(fast.run.steps[1]?.reason).toBe('the step "broken" failed');
    expect(fast.run.state).toBe('failed');
  });

  it('of a run config is stronger, and a wrong one is refused', async () => {
    expect(failing('continue').plan({}, { config: { failurePolicy: 'fail-fast' } }).failurePolicy).toBe('fail-fast');
    expect(failing('fail-fast').plan({}, { config: { failurePolicy: 'continue' } }).failurePolicy).toBeUndefined();
    const { stack } = await createTestStack();
    await expectStackError('CONFIG_INVALID', () =>
      failing().run({}, { stack, config: { failurePolicy: 'never' as never } }),
    );
    expect(() => failing('never' as never)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
});

describe('a timeout', () => {
  it('fails an attempt, whose signal it aborts, and is tried again', async () => {
    // As long as nobody advances it, no time passes: the second attempt is in time on the slowest machine.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const overrun = (signal: AbortSignal) => {
      vi.advanceTimersByTime(19);
      expect(signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      signal.throwIfAborted();
    };
    const slow = step({ name: 'slow', timeout: 20, retry: { attempts: 2, baseDelay: 0 } }, (_, context) => {
      if (context.attempt === 1) overrun(context.signal);
      return context.attempt;
    });
    const { run } = await statesOf(pipeline({ name: 'slow' }, () => slow()));
    expect(await run.result()).toBe(2);
    const never = step({ name: 'never', timeout: 20 }, (_, { signal }) => overrun(signal));
    const failed = await statesOf(
      pipeline({ name: 'never' }, () => {
        never();
      }),
    );
    expect(failed.run.steps[0]?.error).toMatchObject({
      code: 'TIMEOUT',
      message: 'The step "never" took longer than 20 ms.',
    });
  });

  it.each([0, -1, Number.NaN, 2 ** 31])('of %s ms is refused', (timeout) => {
    expect(() => step({ name: 'never', timeout }, () => 1)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    );
  });
});

describe('the waits between attempts', () => {
  it('grow, and end when the run is cancelled', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const times: number[] = [];
    const again = step({ name: 'again', retry: { attempts: 4, baseDelay: 40, maximumDelay: 60 } }, () => {
      times.push(performance.now());
      throw new Error('no');
    });
    const trying = pipeline({ name: 'trying' }, () => {
      again();
    });
    await statesOf(trying);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, shortest] of [39, 59, 59].entries()) expect(waits[index]).toBeGreaterThanOrEqual(shortest);

    const patient = step({ name: 'patient', retry: { attempts: 2, baseDelay: 60_000, maximumDelay: 60_000 } }, () => {
      throw new Error('no');
    });
    const { stack } = await createTestStack();
    const controller = new AbortController();
    const onEvent = ({ type }: RunEvent) => {
      if (type === 'step-retrying') controller.abort();
    };
    const run = await pipeline({ name: 'patient' }, () => {
      patient();
    }).run({}, { stack, signal: controller.signal, onEvent, throwOnFailure: false });
    expect(run.steps[0]?.state).toBe('cancelled');
    vi.restoreAllMocks();
  });

  it('are refused when they cannot be', () => {
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => step({ name: 'a', retry: { attempts: 2, baseDelay: delay } }, () => 1)).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
      );
    }
  });
});

describe('hooks', () => {
  it('of steps are called with their context, and what they throw is recorded', async () => {
    const calls: string[] = [];
    const hooks = {
      onStart: ({ step: name, attempt }: { step: string; attempt: number }) =>
        void calls.push(`start ${name} ${attempt}`),
      onSuccess: async ({ step: name }: { step: string }) => {
        calls.push(`success ${name}`);
        throw new Error('not told');
      },
      onFailure: ({ step: name, attempt }: { step: string; attempt: number }, error: unknown) =>
        void calls.push(`failure ${name} ${attempt} ${(error as Error).message}`),
    };
    const good = step({ name: 'good', ...hooks }, () => 1);
    const bad = step({ name: 'bad', retry: { attempts: 2, baseDelay: 0 }, ...hooks }, () => {
      throw new Error('no');
    });
    const { run } = await statesOf(
      pipeline({ name: 'hooked' }, () => {
        good();
        bad();
      }),
    );
    expect(calls.filter((call) => call.includes('good'))).toEqual(['start good 1', 'success good']);
    expect(calls.filter((call) => call.includes('bad'))).toEqual(['start bad 1', 'failure bad 2 no']);
    expect(run.steps[0]).toMatchObject({
      state: 'completed',
      metadata: { hookErrors: [{ component: 'step', hook: 'onSuccess', message: 'not told' }] },
    });
  });

  it('of a pipeline are called once a run, and cannot fail it', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { stack } = await createTestStack();
    const calls: unknown[] = [];
    const hooked = (fails: boolean) =>
      pipeline(
        {
          name: 'hooked',
          parameters: z.object({ depth: z.number() }),
          onStart: (run) => {
            calls.push(['start', run.name, run.parameters, run.stack.name]);
            throw new Error('not told');
          },
          onSuccess: (run) => calls.push(['success', run.pipeline]),
          onFailure: (_run, error) => calls.push(['failure', (error as Error).message]),
        },
        ({ depth }) => {
          number({ value: depth });
          if (fails) broken();
        },
      );
    const runStore = new MemoryRunStore();
    await hooked(false).run({ depth: 3 }, { stack, runStore, name: 'one', ...silent });
    await hooked(true).run({ depth: 4 }, { stack, runStore, name: 'two', ...silent });
    expect(calls).toEqual([
      ['start', 'one', { depth: 3 }, 'test'],
      ['success', 'hooked'],
      ['start', 'two', { depth: 4 }, 'test'],
      ['failure', 'no'],
    ]);
    expect(emitWarning).toHaveBeenCalledWith('The hook onStart of a pipeline failed: not told');
    emitWarning.mockRestore();
  });

  it('or a cache key keep the lease of the run while they are busy, before any step runs', async () => {
    const { stack } = await createTestStack();
    const events: string[] = [];
    class WatchedStore extends MemoryRunStore {
      override async startRun(...run: Parameters<MemoryRunStore['startRun']>): Promise<RunLease> {
        return { ...(await super.startRun(...run)), keepWhileBusy: () => events.push('kept') };
      }
    }
    const keyed = step({ name: 'keyed', cache: { key: () => events.push('key') } }, () => events.push('ran'));
    await pipeline({ name: 'keyed' }, () => keyed()).run({}, { stack, runStore: new WatchedStore(), ...silent });
    const onStart = () => events.push('start');
    const told = pipeline({ name: 'told', onStart }, () => number({ value: 1 }));
    await told.run({}, { stack, runStore: new WatchedStore(), ...silent });
    await pipeline({ name: 'plain' }, () => number({ value: 1 })).run(
      {},
      { stack, runStore: new WatchedStore(), ...silent },
    );
    expect(events.filter((event) => event !== 'key')).toEqual(['kept', 'ran', 'kept', 'start']);
  });

  it('that are no functions are refused', () => {
    expect(() => step({ name: 'a', onStart: 1 as never }, () => 1)).toThrow('has a hook that is no function');
    expect(() => pipeline({ name: 'a', onFailure: 1 as never }, () => 1)).toThrow('has a hook that is no function');
  });
});
