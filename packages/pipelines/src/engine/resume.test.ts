import { type ArtifactRecord, addMaskedValue, type RunFence, StackError, type StepChange } from '@stack/core';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import type { RunEvent } from './run-event.ts';
import { watchRun } from './watch-run.ts';

/** From one change on nothing is recorded any more, as when the process ends there. */
class EndingRunStore extends MemoryRunStore {
  endsAt: string | undefined;
  hasEnded = false;

  override async recordStep(fence: RunFence, name: string, change: StepChange): Promise<readonly ArtifactRecord[]> {
    this.hasEnded ||= `${name} ${change.state}` === this.endsAt;
    this.#checkAlive();
    return super.recordStep(fence, name, change);
  }

  override async endRun(...end: Parameters<MemoryRunStore['endRun']>): Promise<void> {
    this.#checkAlive();
    await super.endRun(...end);
  }

  #checkAlive(): void {
    if (this.hasEnded) throw new StackError({ code: 'STORE_UNAVAILABLE', message: 'the process has ended' });
  }
}

let calls: string[] = [];

const load = step({ name: 'load' }, ({ from = 3 }: { from?: number }) => {
  calls.push('load');
  return from;
});
const double = step({ name: 'double', retry: { attempts: 2 } }, ({ value }: { value: number }, { attempt }) => {
  calls.push(`double ${attempt}`);
  if (value < 0) throw new Error('negative');
  return value * 2;
});
const training = pipeline({ name: 'training', parameters: z.object({ from: z.number().default(3) }) }, ({ from }) =>
  double({ value: load({ from }) }),
);

describe('a run whose process ended', () => {
  let runStore: EndingRunStore;
  let events: RunEvent[];

  async function options() {
    const { stack } = await createTestStack();
    return { stack, runStore, onEvent: (event: RunEvent) => void events.push(event) };
  }

  /** What a run needs to go on is in the stores: the artifact store has to be the same. */
  async function interrupt(endsAt: string, parameters = {}, of = training) {
    const given = await options();
    runStore.endsAt = endsAt;
    await expectStackError('STORE_UNAVAILABLE', () => of.run(parameters, { ...given, name: 'night' }));
    runStore.endsAt = undefined;
    runStore.hasEnded = false;
    calls = [];
    events = [];
    return given;
  }

  beforeEach(() => {
    runStore = new EndingRunStore();
    events = [];
    calls = [];
  });

  it('goes on: what is completed stays, and what was running is run again', async () => {
    const given = await interrupt('double completed');
    const run = await training.resume('night', given);
    expect(calls).toEqual(['double 2']);
    expect(await run.result()).toBe(6);
    expect(run.steps).toMatchObject([
      { step: 'load', state: 'completed', attempt: 1, interruptions: 0 },
      { step: 'double', state: 'completed', attempt: 2, interruptions: 1 },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['run-resumed', 'step-started', 'step-completed', 'run-ended']);
    expect(events[0]).toMatchObject({
      name: 'night',
      epoch: 2,
      steps: [{ state: 'completed' }, { state: 'pending' }],
      // What the code of steps is that are transformed, as here, is not known.
      uncompared: ['double'],
    });
    const watched = await collect(watchRun(runStore, 'night'));
    const started = { type: 'step-started', step: 'double', attempt: 2, attempts: 3 };
    for (const told of [events, watched]) expect(told).toContainEqual(expect.objectContaining(started));
    const ended = await expectStackError('RUN_NOT_RESUMABLE', () => training.resume('night', given));
    expect(ended.hint).toBe('Run its pipeline again');
  });

  it('goes on when a pipeline is run under its name, with the same parameters', async () => {
    const given = await interrupt('double running');
    const other = await expectStackError('ALREADY_EXISTS', () =>
      training.run({ from: 4 }, { ...given, name: 'night' }),
    );
    expect(other.message).toContain('with other parameters, and it has not ended');
    expect(other.hint).toContain('stack run resume night');
    const run = await training.run({}, { ...given, name: 'night' });
    expect(run).toMatchObject({ name: 'night', state: 'completed' });
    expect(calls).toEqual(['double 1']);
    await expectStackError('ALREADY_EXISTS', () => training.run({}, { ...given, name: 'night' }));
  });

  it('has as many attempts as it would have had: one that was interrupted does not count', async () => {
    const given = await interrupt('double failed', { from: -1 });
    const run = await training.resume('night', { ...given, throwOnFailure: false });
    expect(run.state).toBe('failed');
    const ended = await expectStackError('RUN_NOT_RESUMABLE', () => training.resume('night', given));
    expect(ended.hint).toBe('What it completed comes from the cache. Run its pipeline again');
    // The first failed, the second was interrupted before its failure was recorded.
    expect(calls).toEqual(['double 3']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'step-started', attempt: 3, attempts: 3 }));
  });

  it('that somebody executes is RUN_HELD', async () => {
    const given = await interrupt('double running');
    await using _ = await runStore.claimRun('night');
    await expectStackError('RUN_HELD', () => training.resume('night', given));
    await expectStackError('RUN_HELD', () => training.run({}, { ...given, name: 'night' }));
    expect(calls).toEqual([]);
  });

  it('of another pipeline, or on another stack, does not go on, and stays as it is', async () => {
    const given = await interrupt('double running');
    const other = pipeline({ name: 'other' }, () => load({}));
    await expectStackError('RUN_NOT_RESUMABLE', () => other.resume('night', given));
    const elsewhere = { ...given, stack: { ...given.stack, name: 'elsewhere' } as typeof given.stack };
    const error = await expectStackError('RUN_NOT_RESUMABLE', () => training.resume('night', elsewhere));
    expect(error.message).toContain('runs on the stack "test"');
    expect((await training.resume('night', given)).state).toBe('completed');
  });

  it('that was given a secret goes on only where the secret is given again', async () => {
    addMaskedValue('a-secret-of-the-night');
    const named = step({ name: 'named' }, ({ name }: { name: string }) => name.length);
    const secret = pipeline({ name: 'secret', parameters: z.object({ name: z.string() }) }, ({ name }) =>
      named({ name }),
    );
    const given = await interrupt('named completed', { name: 'a-secret-of-the-night' }, secret as never);
    const error = await expectStackError('RUN_NOT_RESUMABLE', () => secret.resume('night', given));
    expect(error.message).toContain('parameters.name');
    const run = await secret.run({ name: 'a-secret-of-the-night' }, { ...given, name: 'night' });
    expect(await run.result()).toBe(21);
  });

  it('whose pipeline has changed is RUN_CODE_CHANGED, unless that is allowed', async () => {
    const given = await interrupt('double running');
    const changed = pipeline({ name: 'training', parameters: z.object({ from: z.number() }) }, ({ from }) =>
      double({ value: load({ from: from + 1 }) }),
    );
    const error = await expectStackError('RUN_CODE_CHANGED', () => changed.resume('night', given));
    expect(error.message).toContain('the inputs of the step "load"');
    const longer = pipeline({ name: 'training', parameters: z.object({ from: z.number() }) }, ({ from }) =>
      double({ value: double({ value: load({ from }) }) }),
    );
    const allowed = { ...given, allowCodeChange: true };
    const unmatched = await expectStackError('RUN_CODE_CHANGED', () => longer.resume('night', allowed));
    expect(unmatched.message).toContain('double-2');
    const run = await changed.resume('night', allowed);
    // Load had completed with the old code.
    expect(await run.result()).toBe(6);
    expect((await runStore.getRun('night')).plan.steps[0]?.inputs).toEqual({ from: { kind: 'value', value: 4 } });
  });

  it('tells nothing of code that is known to be the same, and refuses it where it is known to be other', async () => {
    const of = (version: string) =>
      pipeline({ name: 'versioned' }, () => step({ name: 'versioned', version }, () => version)());
    const given = await interrupt('versioned completed', {}, of('1') as never);
    const error = await expectStackError('RUN_CODE_CHANGED', () => of('2').resume('night', given));
    expect(error.message).toContain('the code of the step "versioned"');
    await of('1').resume('night', given);
    expect(events[0]).toMatchObject({ type: 'run-resumed', uncompared: [] });
  });

  it('runs no item of a mapped step again that is completed', async () => {
    const list = step({ name: 'list' }, () => [1, 2, 3]);
    const mapped = pipeline({ name: 'mapped' }, () => double.map(list(), (value) => ({ value })));
    const given = await interrupt('double[2] completed', {}, mapped as never);
    const done = (await runStore.listStepRuns((await runStore.getRun('night')).id)).filter(
      ({ item, state }) => item !== undefined && state === 'completed',
    );
    expect(done.length).toBeGreaterThan(0);
    const run = await mapped.resume('night', given);
    expect(await run.result()).toEqual([2, 4, 6]);
    expect(calls.length).toBe(3 - done.length);
    expect(run.steps.filter(({ state }) => state !== 'completed')).toEqual([]);
  });

  it('skips again what was skipped, and ends as cancelled when it was being cancelled', async () => {
    const given = await interrupt('double running');
    const lease = await runStore.claimRun('night');
    await runStore.recordStep(lease, 'double', { state: 'cancelled', reason: 'the run was cancelled' });
    await lease[Symbol.asyncDispose]();
    const run = await training.resume('night', { ...given, throwOnFailure: false });
    expect(run.state).toBe('cancelled');
    expect(calls).toEqual([]);
  });
});
