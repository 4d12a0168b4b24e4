import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AnyComponent,
  type ArtifactRecord,
  addMaskedValue,
  Orchestrator,
  type Plan,
  type RunContext,
  type RunFence,
  type RunLease,
  type RunStart,
  runLeaseLost,
  StackError,
  type StepChange,
} from '@stack/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import type { RunEvent } from '../engine/run-event.ts';
import { readStepLog } from '../logs/read-step-log.ts';
import { step } from '../step/step.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { TestOrchestrator } from '../testing/test-orchestrator.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { pipeline } from './pipeline.ts';

const load = step({ name: 'load' }, () => [3, 1, 2]);
const split = step({ name: 'split', outputs: ['train', 'test'] }, ({ rows, at }: { rows: number[]; at: number }) => ({
  train: rows.slice(0, at),
  test: rows.slice(at),
}));
const sum = step({ name: 'sum' }, ({ rows }: { rows: number[] }) => rows.reduce((total, row) => total + row, 0));
const fail = step({ name: 'fail' }, (_input: { after?: unknown }): number => {
  throw new TypeError('no penguins');
});

const training = pipeline({ name: 'training', parameters: z.object({ at: z.number().default(2) }) }, ({ at }) => {
  const { train, test } = split({ rows: load(), at });
  return { sums: [sum({ rows: train }), sum({ rows: test })], at };
});
const failing = pipeline({ name: 'failing' }, () => {
  const failed = fail({ after: load() });
  sum({ rows: [1] });
  return sum({ rows: [failed] });
});

const silent = { onEvent: () => {} };

/** Keeps the changes in the order in which they were recorded. */
class WatchedRunStore extends MemoryRunStore {
  readonly changes: string[] = [];
  failOn: StepChange['state'] | undefined;

  override async recordStep(fence: RunFence, name: string, change: StepChange): Promise<readonly ArtifactRecord[]> {
    if (change.state === this.failOn) throw new StackError({ code: 'NO_SPACE', message: 'The disk is full.' });
    this.changes.push(`${name} ${change.state}`);
    return super.recordStep(fence, name, change);
  }
}

/** Another process takes the run when the test says so. */
class StolenRunStore extends MemoryRunStore {
  readonly #lost = new AbortController();
  #lease: RunLease | undefined;

  override async startRun(run: RunStart): Promise<RunLease> {
    this.#lease = await super.startRun(run);
    return { ...this.#lease, lost: this.#lost.signal };
  }

  async steal(): Promise<void> {
    await this.#lease?.[Symbol.asyncDispose]();
    const { runId } = await this.claimRun(this.#lease?.runId ?? '');
    this.#lost.abort(runLeaseLost(runId));
  }
}

function collectEvents(): { readonly events: RunEvent[]; readonly onEvent: (event: RunEvent) => void } {
  const events: RunEvent[] = [];
  return { events, onEvent: (event) => events.push(event) };
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('run', () => {
  it('gives what the pipeline returned, each handle as its value', async () => {
    const { stack } = await createTestStack();
    const run = await training.run({}, { stack });
    expect(run.state).toBe('completed');
    expect(await run.result()).toEqual({ sums: [4, 2], at: 2 });
    expect(await (await training.run({ at: 1 }, { stack })).result()).toEqual({ sums: [3, 3], at: 1 });
  });

  it('gives nothing for a pipeline that returns nothing', async () => {
    const { stack } = await createTestStack();
    const quiet = pipeline({ name: 'quiet' }, () => {
      load();
    });
    expect(await (await quiet.run({}, { stack })).result()).toBeUndefined();
  });

  it('loads any output by step and name', async () => {
    const { stack } = await createTestStack();
    const run = await training.run({}, { stack });
    expect(await run.output('load')).toEqual([3, 1, 2]);
    expect(await run.output('split', 'test')).toEqual([2]);
    expect(await run.output('sum-2', 'output')).toBe(2);
    expect((await expectStackError('STEP_NOT_FOUND', () => run.output('spilt'))).hint).toContain('"split"');
    expect((await expectStackError('ARGUMENT_INVALID', () => run.output('split'))).message).toContain('train, test');
    expect((await expectStackError('ARGUMENT_INVALID', () => run.output('split', 'tset'))).hint).toContain('"test"');
  });

  it('hands data with handles inside on with their values inside', async () => {
    const { stack } = await createTestStack();
    const describeAll = step(
      { name: 'describe' },
      ({ data }: { data: { sums: number[]; note: string; none: null } }) => data,
    );
    const nested = pipeline({ name: 'nested' }, () =>
      describeAll({ data: { sums: [sum({ rows: load() }), 7], note: 'x', none: step({ name: 'none' }, () => {})() } }),
    );
    expect(await (await nested.run({}, { stack })).result()).toEqual({ sums: [6, 7], note: 'x', none: null });
  });

  it('gives each step values of its own, so that none sees what another does to them', async () => {
    const { stack } = await createTestStack();
    const sort = step({ name: 'sort' }, ({ rows, more }: { rows: number[]; more: number[] }) => {
      more.push(rows.sort()[0] ?? 0);
      return [...rows, ...more];
    });
    const sorting = pipeline({ name: 'sorting' }, () => {
      const rows = load();
      const more = [9];
      return [sort({ rows, more }), sort({ rows, more }), rows];
    });
    expect(await (await sorting.run({}, { stack })).result()).toEqual([
      [1, 2, 3, 9, 1],
      [1, 2, 3, 9, 1],
      [3, 1, 2],
    ]);
  });

  it('stores named outputs alone, and fails for one that is not returned', async () => {
    const { stack } = await createTestStack();
    const named = step({ name: 'named', outputs: ['a', 'b'] }, (): { a: number; b: number } => {
      return { a: 1, extra: 2 } as unknown as { a: number; b: number };
    });
    const run = await pipeline({ name: 'named' }, () => named().a).run({}, { stack, throwOnFailure: false, ...silent });
    expect(run.steps[0]?.error?.message).toBe('The step "named" declares the output "b", and did not return it.');
  });

  it('gives a step its context', async () => {
    const { stack } = await createTestStack();
    const look = step({ name: 'look' }, (_input, { runId, step: name, attempt, parameters, stack: own, signal }) => ({
      runId,
      name,
      attempt,
      parameters,
      store: own.get('artifact-store').name,
      aborted: signal.aborted,
    }));
    const looking = pipeline({ name: 'looking', parameters: z.object({ depth: z.number().default(1) }) }, () => {
      look();
      return look();
    });
    const run = await looking.run({}, { stack });
    expect(await run.result()).toEqual({
      runId: run.id,
      name: 'look-2',
      attempt: 1,
      parameters: { depth: 1 },
      store: 'memory',
      aborted: false,
    });
  });

  it('names the run after the pipeline, the time and its id, or as it is told', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    const run = await training.run({}, { stack, runStore });
    expect(run.name).toMatch(/^training-\d{4}-\d\d-\d\d-\d{6}-[0-9a-f]{6}$/);
    expect(run.name.endsWith(run.id.slice(0, 6))).toBe(true);
    expect((await training.run({}, { stack, runStore, name: 'best' })).name).toBe('best');
    await expectStackError('ALREADY_EXISTS', () => training.run({}, { stack, runStore, name: 'best' }));
    await expectStackError('ARGUMENT_INVALID', () => training.run({}, { stack, name: 'not a name' }));
    const longest = pipeline({ name: 'p'.repeat(100) }, () => load());
    expect((await longest.run({}, { stack })).state).toBe('completed');
  });

  it('says where it is recorded: in memory, when it is given no store', async () => {
    const { stack } = await createTestStack();
    const { events, onEvent } = collectEvents();
    expect((await training.run({}, { stack, onEvent })).recordedIn).toBe('memory');
    expect(events[0]).toMatchObject({ type: 'run-started', recordedIn: 'memory' });
    expect((await training.run({}, { stack, runStore: new MemoryRunStore() })).recordedIn).toBe('store');
  });

  it('rejects bad parameters before anything is recorded', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    await expectStackError('CONFIG_INVALID', () => training.run({ at: 'x' } as never, { stack, runStore }));
    expect(await runStore.listRuns()).toEqual([]);
  });

  it('stops and records nothing more when another process has taken the run', async () => {
    const { stack } = await createTestStack();
    const runStore = new StolenRunStore();
    const signals: AbortSignal[] = [];
    const slow = step({ name: 'slow' }, async (_input: object, { signal }) => {
      signals.push(signal);
      await runStore.steal();
      await sleep(10_000, undefined, { signal });
    });
    const stolen = pipeline({ name: 'stolen' }, () => {
      slow({});
    });
    const { events, onEvent } = collectEvents();
    const error = await expectStackError('RUN_LEASE_LOST', () => stolen.run({}, { stack, runStore, onEvent }));
    expect(error.message).toContain('was taken over by another process');
    expect(signals).toMatchObject([{ aborted: true }]);
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'step-started']);
    const [run] = await runStore.listRuns();
    expect(run).toMatchObject({ state: 'running', epoch: 2, holder: { pid: process.pid } });
    expect(await runStore.listStepRuns(run?.id ?? '')).toMatchObject([{ state: 'pending', interruptions: 1 }]);
  });

  it('asks the stores as often for a step of a long pipeline as of a short one', async () => {
    const callsPerStep = async (count: number) => {
      const { stack, artifactStore } = await createTestStack();
      const runStore = new MemoryRunStore();
      const watched = [
        ...(['recordStep', 'listArtifacts', 'listStepRuns', 'getRun'] as const).map((name) => vi.spyOn(runStore, name)),
        ...(['read', 'write', 'stat', 'list'] as const).map((name) => vi.spyOn(artifactStore, name)),
      ];
      const next = step({ name: 'next' }, ({ index }: { before: unknown; index: number }) => index);
      const chain = pipeline({ name: 'chain' }, () => {
        let before: unknown;
        for (let index = 0; index < count; index++) before = next({ before, index });
      });
      await chain.run({}, { stack, runStore });
      return watched.map((method) => method.mock.calls.length / count);
    };
    const few = await callsPerStep(10);
    const many = await callsPerStep(100);
    // What a step has put out is not asked for by the steps after it.
    expect(few.slice(0, 2)).toEqual([2, 0]);
    for (const [index, calls] of many.entries()) expect(calls).toBeCloseTo(few[index] ?? 0, 0);
  });

  it('refuses an artifact whose bytes were changed between two steps, apart from small ones that it has just stored', async () => {
    const { stack, artifactStore } = await createTestStack();
    const make = step({ name: 'make' }, ({ length }: { length: number }) => 'x'.repeat(length));
    const damage = step({ name: 'damage' }, (_input: { after: unknown }) => {
      for (const [key, object] of artifactStore.objects) {
        if (key.startsWith('artifacts/')) object.bytes = Buffer.from(object.bytes).fill(32);
      }
      return true;
    });
    const use = step({ name: 'use' }, ({ text }: { text: string; after: boolean }) => text.length);
    const damaging = pipeline({ name: 'damaging' }, () => {
      const [small, large] = [make({ length: 64 * 1024 }), make({ length: 64 * 1024 + 1 })];
      const after = damage({ after: [small, large] });
      use({ text: small, after });
      use({ text: large, after });
    });
    const run = await damaging.run({}, { stack, throwOnFailure: false, ...silent });
    const states = Object.fromEntries(run.steps.map(({ step: name, state }) => [name, state]));
    expect(states).toEqual({
      make: 'completed',
      'make-2': 'completed',
      damage: 'completed',
      use: 'completed',
      'use-2': 'failed',
    });
    expect(run.steps.find(({ step: name }) => name === 'use-2')?.error?.code).toBe('INTEGRITY');
    // Who asks for it later gets what the store has.
    await expectStackError('INTEGRITY', () => run.output('make'));
  });

  it('refuses damaged bytes that were there before', async () => {
    const { stack, artifactStore } = await createTestStack();
    await pipeline({ name: 'first' }, () => load()).run({}, { stack, ...silent });
    for (const object of artifactStore.objects.values()) object.bytes = Buffer.from(object.bytes).fill(32);
    const use = step({ name: 'use' }, ({ rows }: { rows: number[] }) => rows);
    const second = pipeline({ name: 'second' }, () => use({ rows: load() }));
    const run = await second.run({}, { stack, throwOnFailure: false, ...silent });
    expect(run.steps.map(({ state, error }) => [state, error?.code])).toEqual([
      ['completed', undefined],
      ['failed', 'INTEGRITY'],
    ]);
  });

  it('asks the store for a small value once, and gives each step its own', async () => {
    const { stack, artifactStore } = await createTestStack();
    const kept = Buffer.from('as it was');
    const make = step({ name: 'make' }, () => kept);
    const change = step({ name: 'change' }, ({ bytes }: { bytes: Buffer }) => {
      // What the step before has returned, and what the step after is given, are its own.
      kept.fill(1);
      const text = bytes.toString();
      bytes.fill(2);
      return text;
    });
    const both = pipeline({ name: 'both' }, () => {
      const bytes = make();
      return [change({ bytes }), change({ bytes })];
    });
    const read = vi.spyOn(artifactStore, 'read');
    const run = await both.run({}, { stack, ...silent });
    expect(read).not.toHaveBeenCalled();
    expect(await run.result()).toEqual(['as it was', 'as it was']);
  });
});

describe('what is recorded', () => {
  it('is each change of state, when it happens', async () => {
    const { stack } = await createTestStack();
    const runStore = new WatchedRunStore();
    const seen: string[][] = [];
    const watch = step({ name: 'watch' }, (_input: { after: unknown }) => {
      seen.push([...runStore.changes]);
    });
    await pipeline({ name: 'watched' }, () => void watch({ after: load() })).run({}, { stack, runStore });
    expect(seen).toEqual([['load running', 'load completed', 'watch running']]);
    expect(runStore.changes.at(-1)).toBe('watch completed');
  });

  it('has the artifacts of a step together with its end', async () => {
    const { stack, artifactStore } = await createTestStack();
    const runStore = new WatchedRunStore();
    const run = await training.run({}, { stack, runStore });
    const artifacts: readonly ArtifactRecord[] = await runStore.listArtifacts({ runId: run.id });
    expect(artifacts.map(({ step: name, output }) => `${name}.${output}`).sort()).toEqual([
      'load.output',
      'split.test',
      'split.train',
      'sum-2.output',
      'sum.output',
    ]);
    for (const { path, size } of artifacts) expect(await artifactStore.size(path)).toBe(size);
    expect(await runStore.getRun(run.name)).toMatchObject({
      id: run.id,
      pipeline: 'training',
      stack: 'test',
      state: 'completed',
      plan: { parameters: { at: 2 } },
    });
  });

  it('of a step that cannot be recorded is that it failed, with the error of the store', async () => {
    const { stack } = await createTestStack();
    const runStore = new WatchedRunStore();
    runStore.failOn = 'completed';
    const error = await training.run({}, { stack, runStore, ...silent }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RUN_FAILED', cause: { code: 'NO_SPACE' } });
    const [run] = await runStore.listRuns();
    expect(run?.error?.message).toBe('The step "load" failed: The disk is full.');
    expect((await runStore.listStepRuns(run?.id ?? '')).map((record) => [record.state, record.error?.code])).toEqual([
      ['failed', 'NO_SPACE'],
      ['skipped', undefined],
      ['skipped', undefined],
      ['skipped', undefined],
    ]);
  });

  it('ends with the first error of a store that does not work at all', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    let failures = 0;
    vi.spyOn(runStore, 'recordStep').mockImplementation(async () => {
      throw new StackError({ code: 'STORE_UNAVAILABLE', message: `failure ${++failures}` });
    });
    const error = await expectStackError('STORE_UNAVAILABLE', () => training.run({}, { stack, runStore }));
    expect(error.message).toMatch(/ interrupted.* failure 1$/);
  });
});

describe('a failing step', () => {
  it('fails the run, skips what depends on it, and leaves the rest alone', async () => {
    const { stack } = await createTestStack();
    const run = await failing.run({}, { stack, throwOnFailure: false, ...silent });
    expect(run.state).toBe('failed');
    expect(run.error).toEqual({ code: 'RUN_FAILED', message: 'The step "fail" failed: TypeError: no penguins' });
    expect(run.steps.map(({ step: name, state, reason }) => [name, state, reason])).toEqual([
      ['load', 'completed', undefined],
      ['fail', 'failed', undefined],
      ['sum', 'completed', undefined],
      ['sum-2', 'skipped', 'the step "fail" did not complete'],
    ]);
    await expectStackError('ARTIFACT_NOT_FOUND', () => run.result());
    await expectStackError('ARTIFACT_NOT_FOUND', () => run.output('sum-2'));
  });

  it('makes run reject with what it threw, and the way to look further', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    const error = await expectStackError('RUN_FAILED', () => failing.run({}, { stack, runStore, ...silent }));
    const [record] = await runStore.listRuns();
    expect(error.message).toContain(record?.id);
    expect(error.message).toContain('The step "fail" failed: TypeError: no penguins');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(error.hint).toBe(`See what happened: stack run describe ${record?.name}`);
  });

  it('makes run reject with what to do, where the error of the step says so', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    const refused = step({ name: 'refused' }, () => {
      throw new StackError({ code: 'ACCESS_DENIED', message: 'the door is locked', hint: 'Take the key.' });
    });
    const locked = pipeline({ name: 'locked' }, () => refused());
    const error = await expectStackError('RUN_FAILED', () => locked.run({}, { stack, runStore, ...silent }));
    expect(error.hint).toBe('Take the key.');
    expect((await runStore.listRuns())[0]?.error?.hint).toBe('Take the key.');
  });

  it('is recorded with its error, masked, and with the frames of its own code alone', async () => {
    addMaskedValue('hunter2-password');
    const { stack } = await createTestStack();
    const leak = step({ name: 'leak' }, () => {
      throw new Error('login with hunter2-password failed', { cause: new Error('bad hunter2-password') });
    });
    const run = await pipeline({ name: 'leaking' }, () => leak()).run({}, { stack, throwOnFailure: false, ...silent });
    const { code, message, stack: frames = '' } = run.steps[0]?.error ?? {};
    expect({ code, message }).toEqual({ code: 'STEP_FAILED', message: 'login with [secret] failed' });
    expect(JSON.stringify(run)).not.toContain('hunter2');
    const lines = frames.split('\n');
    expect(lines[0]).toBe('Error: login with [secret] failed');
    expect(lines[1]).toContain('run.test.ts');
    expect(frames).toContain('Caused by Error: bad [secret]');
    expect(frames).not.toMatch(/node_modules|node:|engine|testing/);
  });

  it('is recorded and told without secrets: its parameters, constants, metadata, reasons', async () => {
    addMaskedValue('hunter3-password');
    addMaskedValue('constant');
    const secret = 'hunter3-password';
    class LeakingOrchestrator extends TestOrchestrator {
      override async runPlan(plan: Plan, { executor, signal }: RunContext): Promise<void> {
        expect(plan.parameters).toEqual({ token: secret });
        await executor.execute('constant', { signal });
        throw new Error(`not with ${secret}`);
      }

      override async getStepRunMetadata() {
        return { login: { [secret]: secret } };
      }

      override async getPipelineRunMetadata(): Promise<never> {
        throw new Error(`no ${secret}`);
      }
    }
    const seen: unknown[] = [];
    const constant = step({ name: 'constant' }, (input: { token: string; list: unknown[] }, { parameters }) => {
      seen.push(input.token, parameters);
    });
    const skipped = step({ name: 'skipped' }, (_: { headers: object }) => 0);
    const { stack } = await createTestStack(new LeakingOrchestrator());
    const runStore = new MemoryRunStore();
    const { events, onEvent } = collectEvents();
    const leaking = pipeline({ name: 'leaking', parameters: z.object({ token: z.string() }) }, ({ token }) => {
      const list = [`Bearer ${secret}`];
      skipped({ headers: { [secret]: constant({ token, list }) } });
    });
    const run = await leaking.run({ token: secret }, { stack, runStore, onEvent, throwOnFailure: false });
    expect(run.error?.message).toBe('not with [secret]');
    // What runs has the values, and what is recorded is found by names that are secrets too.
    expect(seen).toEqual([secret, { token: secret }]);
    const record = await runStore.getRun(run.id);
    const steps = await runStore.listStepRuns(run.id);
    expect(record.plan).toMatchObject({
      parameters: { token: '[secret]' },
      steps: [
        { name: 'constant', inputs: { token: { value: '[secret]' }, list: { value: ['Bearer [secret]'] } } },
        { name: 'skipped', inputs: { headers: { fields: { '[secret]': { step: 'constant' } } } } },
      ],
    });
    expect(record.metadata).toMatchObject({ hookErrors: [{ message: 'no [secret]' }] });
    expect(steps).toMatchObject([
      { step: 'constant', metadata: { components: { 'orchestrator/test': { login: { '[secret]': '[secret]' } } } } },
      { step: 'skipped', reason: 'the orchestrator "test" (test) did not run it' },
    ]);
    expect(JSON.stringify([record, steps, events, run])).not.toContain(secret);
    expect(Object.isFrozen(record.plan.steps[0]?.inputs)).toBe(true);
  });

  it('keeps the code and hint of a StackError, and what is no error at all', async () => {
    const { stack } = await createTestStack();
    const full = step({ name: 'full' }, () => {
      throw new StackError({ code: 'NO_SPACE', message: 'The disk is full.', hint: 'Free some.' });
    });
    const odd = step({ name: 'odd' }, () => {
      throw { status: 7 };
    });
    const run = await pipeline({ name: 'errors' }, () => [full(), odd()]).run(
      {},
      { stack, throwOnFailure: false, ...silent },
    );
    expect(run.steps[0]?.error).toMatchObject({ code: 'NO_SPACE', message: 'The disk is full.', hint: 'Free some.' });
    expect(run.steps[1]?.error).toEqual({ code: 'STEP_FAILED', message: '{ status: 7 }' });
  });

  it('that returns what cannot be stored says which output and field', async () => {
    const { stack } = await createTestStack();
    const dated = step({ name: 'dated' }, () => ({ when: new WeakMap() }));
    const run = await pipeline({ name: 'dates' }, () => dated()).run({}, { stack, throwOnFailure: false, ...silent });
    expect(run.steps[0]?.error?.code).toBe('VALUE_NOT_SERIALIZABLE');
    expect(run.steps[0]?.error?.message).toContain('when is an instance of WeakMap');
  });
});

describe('retry', () => {
  const flaky = (failures: number) =>
    step({ name: 'flaky', retry: { attempts: 3 } }, (_input, { attempt, log }) => {
      log.info(`try ${attempt}`);
      if (attempt <= failures) throw new Error(`failure ${attempt}`);
      return attempt;
    });

  it('tries a step again, with its attempts counted, until one completes', async () => {
    const { stack, artifactStore } = await createTestStack();
    const { events, onEvent } = collectEvents();
    const step3 = flaky(2);
    const run = await pipeline({ name: 'retrying' }, () => step3()).run({}, { stack, onEvent });
    expect(await run.result()).toBe(3);
    expect(run.steps[0]).toMatchObject({ state: 'completed', attempt: 3, error: undefined });
    const told = events.filter(({ type }) => type === 'step-started' || type === 'step-retrying');
    expect(told.map((event) => `${event.type} ${'attempt' in event ? event.attempt : ''}`)).toEqual([
      'step-started 1',
      'step-retrying 1',
      'step-started 2',
      'step-retrying 2',
      'step-started 3',
    ]);
    const lines = (await collect(readStepLog(artifactStore, run.id, 'flaky'))).map(({ text }) => text);
    expect(lines.filter((text) => !text.startsWith('    at'))).toEqual([
      'try 1',
      'Attempt 1 of 3: Error: failure 1',
      'try 2',
      'Attempt 2 of 3: Error: failure 2',
      'try 3',
    ]);
  });

  it('ends with the error of the last attempt', async () => {
    const { stack } = await createTestStack();
    const step3 = flaky(9);
    const run = await pipeline({ name: 'retrying' }, () => step3()).run(
      {},
      { stack, throwOnFailure: false, ...silent },
    );
    expect(run.steps[0]).toMatchObject({ state: 'failed', attempt: 3, error: { message: 'failure 3' } });
  });
});

describe('cancelling', () => {
  it('cancels the steps that run, skips the others, and makes run reject with ABORTED', async () => {
    const { stack } = await createTestStack();
    const controller = new AbortController();
    const runStore = new MemoryRunStore();
    const wait = step({ name: 'wait', retry: { attempts: 5 } }, async (_input, { signal }) => {
      setTimeout(() => controller.abort(), 1);
      await sleep(60_000, undefined, { signal });
    });
    const waiting = pipeline({ name: 'waiting' }, () => {
      sum({ rows: [wait() as never] });
    });
    const { events, onEvent } = collectEvents();
    const { signal } = controller;
    await expectStackError('ABORTED', () => waiting.run({}, { stack, runStore, signal, onEvent }));
    const [run] = await runStore.listRuns();
    expect(run?.state).toBe('cancelled');
    const steps = await runStore.listStepRuns(run?.id ?? '');
    expect(steps.map(({ state, attempt }) => [state, attempt])).toEqual([
      ['cancelled', 1],
      ['skipped', 0],
    ]);
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['step-cancelled', 'step-skipped', 'run-ended']);
  });

  it('fails the run when the reason is a RUN_FAILED', async () => {
    const { stack } = await createTestStack();
    const runStore = new MemoryRunStore();
    const signal = AbortSignal.abort(new StackError({ code: 'RUN_FAILED', message: 'lost' }));
    const waiting = pipeline({ name: 'waiting' }, () => {
      sum({ rows: [1] });
    });
    const error = await expectStackError('RUN_FAILED', () => waiting.run({}, { stack, runStore, signal }));
    expect(error.message).toContain('lost');
    const [run] = await runStore.listRuns();
    expect(run).toMatchObject({ state: 'failed', error: { message: 'lost' } });
  });

  it('goes on without a step that does not stop within five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { stack } = await createTestStack();
    const controller = new AbortController();
    const deaf = step({ name: 'deaf' }, () => {
      queueMicrotask(() => {
        controller.abort();
        void vi.advanceTimersByTimeAsync(5_000);
      });
      return new Promise<never>(() => {});
    });
    const run = await pipeline({ name: 'deaf' }, () => deaf()).run(
      {},
      { stack, signal: controller.signal, throwOnFailure: false },
    );
    expect(run).toMatchObject({ state: 'cancelled', steps: [{ state: 'cancelled' }], error: undefined });
  });

  it.each([
    ['pipeline', 'onStart', 'cancelled'],
    ['pipeline', 'onSuccess', 'completed'],
    ['step', 'onStart', 'cancelled'],
    ['step', 'onSuccess', 'completed'],
    ['component', 'prepareStepRun', 'cancelled'],
    ['component', 'getStepRunMetadata', 'completed'],
    ['component', 'getPipelineRunMetadata', 'cancelled'],
  ])('goes on without a hook that does not stop within five seconds: of the %s, %s', async (owner, hook, state) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { stack, artifactStore } = await createTestStack();
    const controller = new AbortController();
    const hang = () => {
      queueMicrotask(() => {
        controller.abort();
        void vi.advanceTimersByTimeAsync(5_000);
      });
      return new Promise<never>(() => {});
    };
    if (owner === 'component') Object.assign(artifactStore, { [hook]: hang });
    const hooked = step({ name: 'hooked', ...(owner === 'step' ? { [hook]: hang } : {}) }, () => 1);
    const options = { name: 'hooked', ...(owner === 'pipeline' ? { [hook]: hang } : {}) };
    const run = await pipeline(options, () => hooked()).run(
      {},
      { stack, signal: controller.signal, throwOnFailure: false },
    );
    expect(run.state).toBe(state);
  });

  it('before the start runs nothing', async () => {
    const { stack } = await createTestStack();
    const run = await training.run({}, { stack, signal: AbortSignal.abort(), throwOnFailure: false });
    expect(run.state).toBe('cancelled');
    expect(new Set(run.steps.map(({ state }) => state))).toEqual(new Set(['skipped']));
  });

  it('does not undo a run that is complete', async () => {
    const { stack } = await createTestStack();
    const controller = new AbortController();
    const onEvent = ({ type }: RunEvent) => {
      if (type === 'step-completed') controller.abort();
    };
    const run = await pipeline({ name: 'one' }, () => load()).run({}, { stack, signal: controller.signal, onEvent });
    expect(run.state).toBe('completed');
  });
});

describe('an orchestrator', () => {
  class LazyOrchestrator extends TestOrchestrator {
    failure: Error | undefined;
    override async runPlan(plan: Plan, context: RunContext): Promise<void> {
      await context.executor.execute(plan.steps[0]?.name ?? '', context);
      if (this.failure !== undefined) throw this.failure;
    }
  }

  it('that leaves steps out fails the run, and the steps are skipped', async () => {
    const { stack } = await createTestStack(new LazyOrchestrator());
    const run = await training.run({}, { stack, throwOnFailure: false });
    expect(run).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
    expect(run.steps.map(({ state }) => state)).toEqual(['completed', 'skipped', 'skipped', 'skipped']);
  });

  it('that throws fails the run with its error', async () => {
    const orchestrator = new LazyOrchestrator();
    orchestrator.failure = new StackError({ code: 'UNAVAILABLE', message: 'The cluster does not answer.' });
    const { stack } = await createTestStack(orchestrator);
    const error = await expectStackError('RUN_FAILED', () => training.run({}, { stack }));
    expect(error.message).toContain('The cluster does not answer.');
    expect(error.cause).toBe(orchestrator.failure);
  });

  it('is refused a step that is not in the plan', async () => {
    class ConfusedOrchestrator extends Orchestrator {
      override async runPlan(_plan: Plan, { executor, signal }: RunContext): Promise<void> {
        await executor.execute('nothing', { signal });
      }
    }
    const confused = new ConfusedOrchestrator(new TestOrchestrator() as never);
    const { stack } = await createTestStack(confused);
    const run = await training.run({}, { stack, throwOnFailure: false });
    expect(run.error?.code).toBe('STEP_NOT_FOUND');
  });
});

describe('components', () => {
  const hooked = async (hooks: Partial<AnyComponent>) => {
    const created = await createTestStack();
    Object.assign(created.artifactStore, hooks);
    return created;
  };

  it('are called around each attempt, and what they say is kept', async () => {
    const calls: string[] = [];
    const { stack } = await hooked({
      prepareStepRun: async ({ step: name, attempt }) => void calls.push(`prepare ${name} ${attempt}`),
      getStepRunMetadata: async ({ step: name }) => {
        calls.push(`metadata ${name}`);
        return { url: `/runs/${name}` };
      },
      getPipelineRunMetadata: async ({ pipeline: name }) => ({ dashboard: name }),
      cleanupStepRun: async ({ step: name }, { failed }) => void calls.push(`cleanup ${name} ${failed}`),
    });
    const runStore = new MemoryRunStore();
    const run = await failing.run({}, { stack, runStore, throwOnFailure: false, ...silent });
    expect(calls.filter((call) => call.includes('load'))).toEqual([
      'prepare load 1',
      'metadata load',
      'cleanup load false',
    ]);
    expect(calls.filter((call) => call.includes('fail '))).toEqual(['prepare fail 1', 'cleanup fail true']);
    expect(run.steps[0]?.metadata).toEqual({ components: { 'artifact-store/memory': { url: '/runs/load' } } });
    expect(run.steps[1]?.metadata).toEqual({ components: { 'artifact-store/memory': { url: '/runs/fail' } } });
    expect((await runStore.getRun(run.id)).metadata).toEqual({
      components: { 'artifact-store/memory': { dashboard: 'failing' } },
    });
  });

  it('of every type are called once for an attempt, as in ZenML, and one that fails hides nothing of the others', async () => {
    const { stack } = await createTestStack();
    const calls: string[] = [];
    for (const component of stack.components) {
      Object.assign(component, {
        prepareStepRun: async () => void calls.push(`prepare ${component.type}`),
        getStepRunMetadata: async () => {
          calls.push(`metadata ${component.type}`);
          if (component.type === 'orchestrator') throw new Error('down');
          return { of: component.type };
        },
        getPipelineRunMetadata: async () => ({ of: component.type }),
        cleanupStepRun: async () => void calls.push(`cleanup ${component.type}`),
      } satisfies Partial<AnyComponent>);
    }
    const runStore = new MemoryRunStore();
    const one = pipeline({ name: 'one' }, () => load());
    const run = await one.run({}, { stack, runStore });
    expect(calls).toEqual([
      'prepare orchestrator',
      'prepare artifact-store',
      'metadata orchestrator',
      'metadata artifact-store',
      'cleanup artifact-store',
      'cleanup orchestrator',
    ]);
    expect(run.steps[0]).toMatchObject({
      state: 'completed',
      metadata: {
        components: { 'artifact-store/memory': { of: 'artifact-store' } },
        hookErrors: [{ hook: 'getStepRunMetadata', message: 'down' }],
      },
    });
    expect(Object.values((await runStore.getRun(run.id)).metadata.components ?? {})).toEqual([
      { of: 'orchestrator' },
      { of: 'artifact-store' },
    ]);
  });

  it('that cannot be prepared fail the attempt, and are cleaned up all the same', async () => {
    const cleanupStepRun = vi.fn(async () => {});
    const { stack } = await hooked({
      prepareStepRun: async () => {
        throw new Error('no room');
      },
      cleanupStepRun,
    });
    const run = await training.run({}, { stack, throwOnFailure: false, ...silent });
    expect(run.steps[0]).toMatchObject({ state: 'failed', error: { message: 'no room' } });
    expect(cleanupStepRun).toHaveBeenCalledWith(expect.objectContaining({ step: 'load' }), { failed: true });
  });

  it('whose other hooks fail do not fail the step: the errors are recorded', async () => {
    const broken = async (): Promise<never> => {
      throw new StackError({ code: 'UNAVAILABLE', message: 'down' });
    };
    const { stack } = await hooked({
      getStepRunMetadata: broken,
      cleanupStepRun: broken,
      getPipelineRunMetadata: broken,
    });
    const runStore = new MemoryRunStore();
    const run = await training.run({}, { stack, runStore });
    const entry = { component: 'artifact-store/memory', code: 'UNAVAILABLE', message: 'down' };
    expect(run.steps[0]?.metadata).toEqual({
      hookErrors: [
        { ...entry, hook: 'getStepRunMetadata' },
        { ...entry, hook: 'cleanupStepRun' },
      ],
    });
    expect((await runStore.getRun(run.id)).metadata).toEqual({
      hookErrors: [{ ...entry, hook: 'getPipelineRunMetadata' }],
    });
  });
});

describe('events', () => {
  it('tell what happens, in order', async () => {
    const { stack } = await createTestStack();
    const { events, onEvent } = collectEvents();
    const two = pipeline({ name: 'two' }, () => sum({ rows: load() }));
    const run = await two.run({}, { stack, onEvent, name: 'told' });
    expect(events.map((event) => `${event.type}${'step' in event ? ` ${event.step}` : ''}`)).toEqual([
      'run-started',
      'step-started load',
      'step-completed load',
      'step-started sum',
      'step-completed sum',
      'run-ended',
    ]);
    expect(events.every(({ runId }) => runId === run.id)).toBe(true);
    expect(events[0]).toMatchObject({ name: 'told', stack: 'test', plan: { pipeline: 'two' } });
    expect(events[2]).toMatchObject({ duration: expect.any(Number), artifacts: [{ step: 'load', size: 7 }] });
    expect(events.at(-1)).toMatchObject({ state: 'completed', duration: expect.any(Number) });
  });

  it('cannot fail the run, whatever their listener throws', async () => {
    const { stack } = await createTestStack();
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const run = await training.run(
      {},
      {
        stack,
        onEvent: () => {
          throw new Error('no terminal');
        },
      },
    );
    expect(run.state).toBe('completed');
    expect(emitWarning).toHaveBeenCalledWith(expect.stringContaining('no terminal'));
    emitWarning.mockRestore();
  });
});
