import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStack, type StepCaching } from '@stack/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { directoryArtifact } from '../artifacts/directory-artifact.ts';
import { defineMaterializer, type Materializer } from '../artifacts/materializer.ts';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import type { RunEvent } from '../engine/run-event.ts';
import { watchRun } from '../engine/watch-run.ts';
import { readRunLog } from '../logs/read-run-log.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { ownTemporaryFolder } from '../testing/own-temporary-folder.ts';
import { TestOrchestrator } from '../testing/test-orchestrator.ts';
import { createTestStack } from '../testing/test-stack.ts';
import type { CacheOptions } from './cache-options.ts';

// What the code of these is, Stack cannot know, since they are transformed: they say it by a version.

/** A run store, a stack, and what runs of pipelines in them did. */
async function createCachedRuns() {
  const runStore = new MemoryRunStore();
  const { stack, artifactStore } = await createTestStack();
  return { runStore, stack, artifactStore, silent: { runStore, stack, onEvent: () => {} } };
}

/** A step that counts how often it ran. */
function counted<Input extends object>(cache?: boolean | CacheOptions<Input>, version = '1') {
  const runs = { count: 0 };
  const add = step({ name: 'add', version, ...(cache === undefined ? {} : { cache }) }, (input: Input) => {
    runs.count++;
    return { ...input, runs: runs.count };
  });
  return { add, runs };
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('a step that ran before', () => {
  it('is not run again: its result is recorded as that of the new run, and says whose it was', async () => {
    const { silent, stack, runStore } = await createCachedRuns();
    const calls: string[] = [];
    const load = step({ name: 'load', version: '1', outputs: ['rows', 'size'] }, () => {
      calls.push('load');
      return { rows: [1, 2], size: 'two' };
    });
    const sum = step({ name: 'sum', version: '1' }, ({ rows }: { rows: number[] }) => {
      calls.push('sum');
      return rows.length;
    });
    const both = pipeline({ name: 'both' }, () => sum({ rows: load().rows }));
    const first = await both.run({}, silent);
    const events: RunEvent[] = [];
    const second = await both.run({}, { stack, runStore, onEvent: (event) => events.push(event) });
    const third = await both.run({}, silent);

    expect(calls).toEqual(['load', 'sum']);
    expect(await second.result()).toBe(2);
    expect(await second.output('load', 'size')).toBe('two');
    const [computed] = await runStore.listStepRuns(first.id);
    const from = { runId: first.id, step: 'load', computedAt: computed?.endedAt?.toISOString() };
    for (const run of [second, third]) {
      expect(run.steps).toMatchObject([
        { step: 'load', state: 'completed', attempt: 0, caching: { state: 'cached', from } },
        { step: 'sum', state: 'completed', caching: { state: 'cached', from: { runId: first.id, step: 'sum' } } },
      ]);
    }
    const artifacts = await runStore.listArtifacts({ runId: second.id });
    expect(artifacts.map(({ step: name, output }) => `${name}.${output}`)).toEqual([
      'sum.output',
      'load.size',
      'load.rows',
    ]);
    const earlier = await runStore.listArtifacts({ runId: first.id });
    expect(artifacts.map(({ sha256, path }) => [sha256, path])).toEqual(
      earlier.map(({ sha256, path }) => [sha256, path]),
    );
    expect(new Set([...artifacts, ...earlier].map(({ id }) => id)).size).toBe(6);
    expect(events.map((event) => `${event.type}${'step' in event ? ` ${event.step}` : ''}`)).toEqual([
      'run-started',
      'step-completed load',
      'step-completed sum',
      'run-ended',
    ]);
    expect(events[1]).toMatchObject({ cachedFrom: from });
  });

  it('has the log of the run that computed its result, and is told as what it is to who watches', async () => {
    const { silent, runStore, artifactStore } = await createCachedRuns();
    const load = step({ name: 'load', version: '1' }, (_input, { log }) => log.info('loaded'));
    const once = pipeline({ name: 'once' }, () => load());
    const first = await once.run({}, silent);
    const { id } = await once.run({}, silent);
    expect(await collect(readRunLog(artifactStore, runStore, id))).toMatchObject([{ step: 'load', text: 'loaded' }]);
    expect(await collect(watchRun(runStore, id))).toMatchObject([
      { type: 'run-started' },
      { type: 'step-completed', step: 'load', cachedFrom: { runId: first.id } },
      { type: 'run-ended' },
    ]);
  });

  it('is run again for other inputs, and not for those that it had before', async () => {
    const { silent } = await createCachedRuns();
    const { add, runs } = counted<{ a: number; b?: unknown }>();
    const once = pipeline({ name: 'once', parameters: z.object({ a: z.number(), b: z.json().optional() }) }, (given) =>
      add(given),
    );
    for (const input of [{ a: 0 }, { a: -0 }, { a: 0, b: null }, { a: 0, b: [] }, { a: 0, b: {} }])
      await once.run(input, silent);
    expect(runs.count).toBe(5);
    const again = await once.run({ a: 0 }, silent);
    expect(runs.count).toBe(5);
    expect(await again.result()).toEqual({ a: 0, runs: 1 });
  });

  it('is run again when a parameter changes that it read, and when none did, not', async () => {
    const { silent } = await createCachedRuns();
    const calls: string[] = [];
    const blind = step({ name: 'blind', version: '1' }, () => calls.push('blind'));
    const seeing = step({ name: 'seeing', version: '1' }, (_input, { parameters }) =>
      calls.push(`seeing ${parameters.at}`),
    );
    const both = pipeline({ name: 'both', parameters: z.object({ at: z.number() }) }, () => {
      blind();
      seeing();
    });
    for (const at of [1, 2, 1, 2]) await both.run({ at }, silent);
    expect(calls).toEqual(['blind', 'seeing 1', 'seeing 2']);
  });

  it('is run again when a parameter changes and it was made in the function of its pipeline, which may have read it', async () => {
    const { silent } = await createCachedRuns();
    const inside = pipeline({ name: 'inside', parameters: z.object({ at: z.number() }) }, ({ at }) =>
      step({ name: 'made', version: '1' }, () => ({ at, ran: performance.now() }))(),
    );
    const results = [];
    for (const at of [1, 2, 1]) results.push(await (await inside.run({ at }, silent)).result());
    expect(results).toMatchObject([{ at: 1 }, { at: 2 }, { at: 1 }]);
    expect(results[2]).toEqual(results[0]);
  });

  it('is run again for another version, variable, artifact store or set of materializers', async () => {
    const { silent, runStore } = await createCachedRuns();
    const cache = { environment: ['STACK_TEST_REGION'] };
    const ran = async (
      version: string,
      options: { materializers?: readonly Materializer[]; stack?: typeof silent.stack } = {},
    ) => {
      const { add, runs } = counted(cache, version);
      const { materializers = [], stack = silent.stack } = options;
      await pipeline({ name: 'once', materializers }, () => add({})).run({}, { ...silent, stack });
      return runs.count === 1;
    };
    const dates = defineMaterializer({
      name: 'dates',
      matches: (value) => value instanceof Date,
      serialize: String,
      deserialize: async (stored) => new Date((await stored.bytes()).toString()),
    }) as Materializer;
    expect([await ran('1'), await ran('1')]).toEqual([true, false]);
    expect([await ran('2'), await ran('2'), await ran('1')]).toEqual([true, false, false]);
    vi.stubEnv('STACK_TEST_REGION', '');
    expect([await ran('1'), await ran('1')]).toEqual([true, false]);
    vi.stubEnv('STACK_TEST_REGION', undefined);
    expect(await ran('1')).toBe(false);
    expect([await ran('1', { materializers: [dates] }), await ran('1')]).toEqual([true, false]);
    const newer = { ...dates, version: 2 };
    expect([await ran('1', { materializers: [newer] }), await ran('1', { materializers: [newer] })]).toEqual([
      true,
      false,
    ]);
    class OtherStore extends MemoryArtifactStore {
      override readonly root = 'memory://elsewhere';
    }
    const stack = await createStack({
      name: 'other',
      orchestrator: new TestOrchestrator(),
      artifactStore: new OtherStore(),
    });
    expect([await ran('1', { stack }), await ran('1', { stack }), await ran('1')]).toEqual([true, false, false]);
    expect(await runStore.listRuns()).toHaveLength(15);
  });

  it('is run again where a file of the directory that it put out is damaged, and mends all of them', async () => {
    ownTemporaryFolder();
    const { silent, artifactStore } = await createCachedRuns();
    let calls = 0;
    const write = step({ name: 'write', version: '1' }, async (_input: object, { temporaryFolder }) => {
      calls++;
      for (const name of ['one', 'two']) await writeFile(join(temporaryFolder, name), name);
      return directoryArtifact(temporaryFolder);
    });
    const writing = pipeline({ name: 'writing' }, () => write({}));
    await writing.run({}, silent);
    await writing.run({}, silent);
    expect(calls).toBe(1);
    for (const object of artifactStore.objects.values()) {
      if (['one', 'two'].includes(object.bytes.toString())) object.bytes = Buffer.from('bad');
    }
    const run = await writing.run({}, silent);
    expect(calls).toBe(2);
    const directory = await run.result();
    expect(await readdir(await directory.path())).toEqual(['one', 'two']);
  });

  it('is run again by another step that does the same under another name', async () => {
    const { silent } = await createCachedRuns();
    const calls: string[] = [];
    const make = (name: string) => step({ name, version: '1' }, () => calls.push(name));
    for (const name of ['one', 'other', 'one']) await pipeline({ name: 'once' }, () => make(name)()).run({}, silent);
    expect(calls).toEqual(['one', 'other']);
  });

  it('is run again for those items alone that are new to a list, wherever they stand in it', async () => {
    const { silent } = await createCachedRuns();
    const calls: unknown[] = [];
    const list = step(
      { name: 'list', version: '1', cache: false },
      (_input, { parameters }) => parameters.items as number[],
    );
    const double = step({ name: 'double', version: '1' }, ({ item, by }: { item: number; by: number }) => {
      calls.push(item);
      return item * by;
    });
    const again = step({ name: 'again', version: '1' }, ({ item }: { item: number }) => {
      calls.push(`again ${item}`);
      return item;
    });
    const mapped = pipeline({ name: 'mapped', parameters: z.object({ items: z.array(z.number()) }) }, ({ items }) => {
      const doubled = double.map(list(), (item) => ({ item, by: 2 }));
      return [again.map(doubled, (item) => ({ item })), double.map(items, (item) => ({ item, by: 2 }))];
    });
    const results = [];
    for (const items of [[1, 2], [3, 2, 1], []]) {
      results.push(await (await mapped.run({ items }, silent)).result());
      calls.push('end');
    }
    expect(results).toEqual([
      [
        [2, 4],
        [2, 4],
      ],
      [
        [6, 4, 2],
        [6, 4, 2],
      ],
      [[], []],
    ]);
    const [first, second, third] = calls
      .join()
      .split(',end')
      .map((ran) => ran.split(',').filter(Boolean).toSorted());
    // Both steps that double do the same with the same, one after the other or both at once.
    expect(new Set(first)).toEqual(new Set(['1', '2', 'again 2', 'again 4']));
    expect(new Set(second)).toEqual(new Set(['3', 'again 6']));
    expect(third).toEqual([]);
  });

  it('is run again when it failed', async () => {
    const { silent } = await createCachedRuns();
    let calls = 0;
    const fail = step({ name: 'fail', version: '1' }, () => {
      if (calls++ === 0) throw new Error('no');
      return calls;
    });
    const once = pipeline({ name: 'once' }, () => fail());
    const failed = await once.run({}, { ...silent, throwOnFailure: false });
    expect(failed.steps).toMatchObject([{ state: 'failed', caching: { state: 'computed' } }]);
    expect(await (await once.run({}, silent)).result()).toBe(2);
    expect(await (await once.run({}, silent)).result()).toBe(2);
  });
});

describe('options of the cache', () => {
  const cachings = async (
    silent: Awaited<ReturnType<typeof createCachedRuns>>['silent'],
    cache: boolean | CacheOptions<{ a: number }> | undefined,
    { of = true, run = true, a = 1 }: { of?: boolean; run?: boolean; a?: number } = {},
  ): Promise<StepCaching | undefined> => {
    const { add } = counted<{ a: number }>(cache);
    const once = pipeline({ name: 'once', cache: of }, () => add({ a }));
    return (await once.run({}, { ...silent, cache: run })).steps[0]?.caching;
  };

  it('can turn it off for a step, a pipeline or a run', async () => {
    const { silent } = await createCachedRuns();
    expect(await cachings(silent, undefined)).toMatchObject({ state: 'computed' });
    expect(await cachings(silent, true)).toMatchObject({ state: 'cached' });
    expect(await cachings(silent, false)).toEqual({ state: 'off', reason: 'the step says so' });
    const refused = { state: 'computed', refused: 'the run does without the cache' };
    expect(await cachings(silent, true, { of: false })).toMatchObject(refused);
    expect(await cachings(silent, true, { run: false })).toMatchObject(refused);
  });

  it('let a result expire by the time when it was computed, however often it was taken since', async () => {
    const { silent } = await createCachedRuns();
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const cache = { expiresAfter: 1000 };
    const states: unknown[] = [];
    for (const time of [0, 600, 999, 1000, 1001]) {
      vi.setSystemTime(1_000_000 + time);
      const caching = await cachings(silent, cache);
      states.push(caching?.state === 'computed' ? (caching.refused ?? 'computed') : caching?.state);
    }
    expect(states).toEqual(['computed', 'cached', 'cached', 'it has expired', 'cached']);
  });

  it('may say what counts instead of the inputs', async () => {
    const { silent } = await createCachedRuns();
    const cache = { key: ({ a }: { a: number }) => ({ even: a % 2 === 0 }) };
    const states = [];
    for (const a of [1, 3, 2, 4, 5]) states.push((await cachings(silent, cache, { a }))?.state);
    expect(states).toEqual(['computed', 'cached', 'computed', 'cached', 'cached']);
  });

  it('fail the step when its key is no JSON, or the function throws', async () => {
    const { silent } = await createCachedRuns();
    const { add } = counted<{ a: number }>({ key: () => ({ at: new Date() }) as never });
    const error = await expectStackError('RUN_FAILED', () =>
      pipeline({ name: 'p' }, () => add({ a: 1 })).run({}, silent),
    );
    expect(error.message).toMatch(/key function of the step "add".*\n.*at/);
    const { add: throwing } = counted<{ a: number }>({ key: () => Promise.reject(new Error('no key')) });
    const other = await expectStackError('RUN_FAILED', () =>
      pipeline({ name: 'p' }, () => throwing({ a: 1 })).run({}, silent),
    );
    expect(other.message).toContain('no key');
  });

  it.each([
    [{ expiresAfter: -1 }, /0 or more milliseconds/],
    [{ expiresAfter: '1' }, /0 or more milliseconds/],
    [{ environment: 'HOME' }, /list of names/],
    [{ key: 'a' }, /no function/],
    ['never', /neither true, false/],
  ])('are refused: %j', async (cache, message) => {
    const error = await expectStackError('ARGUMENT_INVALID', () =>
      step({ name: 'add', cache: cache as never }, () => 1),
    );
    expect(error.message).toMatch(message);
  });
});

describe('an artifact', () => {
  const large = 2 * 1024 * 1024;

  const runTwice = async (size: number, damage: (bytes: Buffer) => Buffer | undefined, cache: CacheOptions = {}) => {
    const { silent, artifactStore } = await createCachedRuns();
    const once = pipeline({ name: 'once' }, () =>
      step({ name: 'bytes', version: '1', cache }, () => Buffer.alloc(size, 1))(),
    );
    const run = () => once.run({}, silent);
    await run();
    for (const [key, object] of artifactStore.objects) {
      if (!key.includes('sha256')) continue;
      const damaged = damage(object.bytes);
      if (damaged === undefined) artifactStore.objects.delete(key);
      else object.bytes = damaged;
    }
    const second = await run();
    const value = await second.result().catch((error: unknown) => error);
    const [bytes] = second.steps;
    return {
      caching: bytes?.caching,
      isRight: Buffer.isBuffer(value) && value.equals(Buffer.alloc(size, 1)),
      next: (await run()).steps[0]?.caching?.state,
    };
  };
  const flip = (bytes: Buffer) => {
    const flipped = Buffer.from(bytes);
    flipped[7] = 2;
    return flipped;
  };

  it.each<[string, number, (bytes: Buffer) => Buffer | undefined, CacheOptions, string]>([
    ['that is gone', 100, () => undefined, {}, 'is gone'],
    ['whose tail was cut', 100, (bytes) => bytes.subarray(1), {}, 'is damaged'],
    ['of which a bit was flipped', 100, flip, {}, 'is damaged'],
    ['that is large and gone', large, () => undefined, {}, 'is gone'],
    ['that is large and whose tail was cut', large, (bytes) => bytes.subarray(1), {}, 'is damaged'],
    [
      'that is large, and of which a bit was flipped, where it is verified',
      large,
      flip,
      { verify: true },
      'is damaged',
    ],
  ])('%s is no result: the step runs again, and mends it', async (_what, size, damage, cache, problem) => {
    const { caching, isRight, next } = await runTwice(size, damage, cache);
    expect(caching).toMatchObject({ state: 'computed', refused: `its artifact "output" ${problem}` });
    expect(isRight).toBe(true);
    expect(next).toBe('cached');
  });

  it('that is large is taken without being read', async () => {
    const { caching, isRight } = await runTwice(large, flip);
    expect(caching).toMatchObject({ state: 'cached' });
    expect(isRight).toBe(false);
  });
});

it('is not for runs that are kept in memory alone', async () => {
  const { stack } = await createCachedRuns();
  const { add, runs } = counted();
  const once = pipeline({ name: 'once' }, () => add({}));
  for (let run = 0; run < 2; run++) {
    expect((await once.run({}, { stack, onEvent: () => {} })).steps).toMatchObject([{ caching: undefined }]);
  }
  expect(runs.count).toBe(2);
});
