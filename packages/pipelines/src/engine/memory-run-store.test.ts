import type { NewArtifact, Plan } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryRunStore } from './memory-run-store.ts';

const plan: Plan = {
  planVersion: 1,
  pipeline: 'training',
  source: undefined,
  parameters: {},
  steps: ['load', 'train'].map((name) => ({ name, upstream: [], inputs: {}, outputs: ['output'], attempts: 1 })),
};
const start = (id: string, name: string) => ({ id, name, stack: 'test', plan, metadata: {} });
const artifact = (id: string, runId: string, step = 'load'): NewArtifact => ({
  id,
  name: `training/${step}/output`,
  tags: [],
  runId,
  step,
  output: 'output',
  materializer: 'json',
  materializerVersion: 1,
  store: { component: 'memory', flavor: 'memory', root: 'memory://' },
  path: 'artifacts/x',
  size: 1,
  sha256: '00',
  contents: [],
  visualizations: [],
  schema: undefined,
  metadata: {},
  createdAt: new Date(),
});

describe('MemoryRunStore', () => {
  it('starts a run with all its steps pending, under a name that is taken once', async () => {
    const store = new MemoryRunStore();
    await store.startRun(start('aa1', 'first'));
    expect(await store.getRun('aa1')).toMatchObject({ name: 'first', state: 'running', pipeline: 'training' });
    expect(await store.listStepRuns('aa1')).toMatchObject([
      { step: 'load', index: 0, state: 'pending', attempt: 0 },
      { step: 'train', index: 1, state: 'pending' },
    ]);
    await expectStackError('ALREADY_EXISTS', () => store.startRun(start('bb2', 'first')));
  });

  it('records steps and the end of the run', async () => {
    const store = new MemoryRunStore();
    const lease = await store.startRun(start('aa1', 'first'));
    await store.recordStep(lease, 'load', { state: 'running', attempt: 2 });
    await store.recordStep(lease, 'load', {
      state: 'completed',
      artifacts: [artifact('x1', 'aa1')],
      metadata: { a: 1 },
    });
    await store.recordStep(lease, 'train', { state: 'skipped', reason: 'no' });
    await store.endRun(lease, { state: 'failed', error: { code: 'RUN_FAILED', message: 'failed' } });
    const [load, train] = await store.listStepRuns('aa1');
    expect(load).toMatchObject({ state: 'completed', attempt: 2, metadata: { a: 1 }, endedAt: expect.any(Date) });
    expect(load).not.toHaveProperty('artifacts');
    expect(train).toMatchObject({ state: 'skipped', reason: 'no', startedAt: undefined });
    expect(await store.getRun('first')).toMatchObject({ state: 'failed', error: { message: 'failed' } });
    await expectStackError('STEP_NOT_FOUND', () => store.recordStep(lease, 'none', { state: 'running', attempt: 1 }));
  });

  it('records the start of the next step with the end of one, or neither', async () => {
    const store = new MemoryRunStore();
    const lease = await store.startRun(start('aa1', 'first'));
    await store.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    await store.recordStep(lease, 'train', { state: 'running', attempt: 1 });
    const completed = (attempt: number, step = 'train') =>
      ({ state: 'completed', artifacts: [artifact('x1', 'aa1')], metadata: {}, next: { step, attempt } }) as const;
    await expectStackError('PRECONDITION_FAILED', () => store.recordStep(lease, 'load', completed(1)));
    await expectStackError('PRECONDITION_FAILED', () => store.recordStep(lease, 'load', completed(2, 'load')));
    expect((await store.listStepRuns('aa1')).map(({ state }) => state)).toEqual(['running', 'running']);
    expect(await store.listArtifacts()).toEqual([]);
    await store.recordStep(lease, 'load', completed(2));
    expect(await store.listStepRuns('aa1')).toMatchObject([{ state: 'completed' }, { state: 'running', attempt: 2 }]);
  });

  it('keeps nothing of a change that comes after the end of the step or run, or of an attempt that has begun', async () => {
    const store = new MemoryRunStore();
    const lease = await store.startRun(start('aa1', 'first'));
    await store.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    await expectStackError('PRECONDITION_FAILED', () =>
      store.recordStep(lease, 'load', { state: 'running', attempt: 1 }),
    );
    await store.recordStep(lease, 'load', { state: 'skipped', reason: 'no' });
    const completed = { state: 'completed', artifacts: [artifact('x1', 'aa1')], metadata: {} } as const;
    await expectStackError('PRECONDITION_FAILED', () => store.recordStep(lease, 'load', completed));
    await store.endRun(lease, { state: 'cancelled' });
    await expectStackError('PRECONDITION_FAILED', () => store.recordStep(lease, 'train', completed));
    await expectStackError('PRECONDITION_FAILED', () => store.endRun(lease, { state: 'failed' }));
    expect((await store.listStepRuns('aa1')).map(({ state }) => state)).toEqual(['skipped', 'pending']);
    expect(await store.listArtifacts()).toEqual([]);
    expect((await store.getRun('aa1')).state).toBe('cancelled');
    await expectStackError('RUN_NOT_FOUND', () => store.endRun({ runId: 'first', epoch: 1 }, { state: 'failed' }));
  });

  it('finds a run by id, name, or the beginning of an id', async () => {
    const store = new MemoryRunStore();
    await store.startRun(start('abc1', 'first'));
    await store.startRun(start('abd2', 'second'));
    expect((await store.getRun('second')).id).toBe('abd2');
    expect((await store.getRun('abc')).id).toBe('abc1');
    await expectStackError('AMBIGUOUS', () => store.getRun('ab'));
    await expectStackError('RUN_NOT_FOUND', () => store.getRun(''));
    expect((await expectStackError('RUN_NOT_FOUND', () => store.getRun('secnd'))).hint).toContain('"second"');
  });

  it('lists the newest first, filtered and limited', async () => {
    const store = new MemoryRunStore();
    for (const id of ['a', 'b', 'c']) await store.startRun(start(id, `run-${id}`));
    await store.endRun({ runId: 'b', epoch: 1 }, { state: 'completed' });
    const ids = async (filter: Parameters<MemoryRunStore['listRuns']>[0]) =>
      (await store.listRuns(filter)).map(({ id }) => id);
    expect(await ids({})).toEqual(['c', 'b', 'a']);
    expect(await ids({ state: 'running' })).toEqual(['c', 'a']);
    expect(await ids({ limit: 1 })).toEqual(['c']);
    expect(await ids({ pipeline: 'other' })).toEqual([]);
  });

  it('finds and lists artifacts', async () => {
    const store = new MemoryRunStore();
    const lease = await store.startRun(start('a', 'first'));
    await store.recordStep(lease, 'load', { state: 'completed', artifacts: [artifact('x1', 'a')], metadata: {} });
    await store.recordStep(lease, 'train', {
      state: 'completed',
      artifacts: [artifact('x2', 'a', 'train')],
      metadata: {},
    });
    expect((await store.listArtifacts()).map(({ id }) => id)).toEqual(['x2', 'x1']);
    expect((await store.listArtifacts({ runId: 'a', step: 'load' })).map(({ id }) => id)).toEqual(['x1']);
    expect((await store.getArtifact('x2')).step).toBe('train');
    await expectStackError('AMBIGUOUS', () => store.getArtifact('x'));
    await expectStackError('ARTIFACT_NOT_FOUND', () => store.getArtifact('y'));
  });

  it('gives a run to one at a time, and refuses what the one before writes', async () => {
    const store = new MemoryRunStore();
    const first = await store.startRun(start('aa1', 'first'));
    await store.recordStep(first, 'load', { state: 'running', attempt: 1 });
    await expectStackError('RUN_HELD', () => store.claimRun('first'));
    const claim = store.claimRun('first', { wait: true });
    await first[Symbol.asyncDispose]();
    const second = await claim;
    expect(second).toMatchObject({ runId: 'aa1', epoch: 2 });
    expect(await store.listStepRuns('aa1')).toMatchObject([
      { state: 'pending', attempt: 1, interruptions: 1 },
      { state: 'pending', interruptions: 0 },
    ]);
    await expectStackError('RUN_LEASE_LOST', () => store.recordStep(first, 'load', { state: 'running', attempt: 2 }));
    await expectStackError('RUN_LEASE_LOST', () => store.endRun(first, { state: 'completed' }));
    await first[Symbol.asyncDispose]();
    await expectStackError('RUN_HELD', () => store.claimRun('first'));
    await expect(store.claimRun('first', { wait: true, signal: AbortSignal.timeout(10) })).rejects.toThrow();
    await store.endRun(second, { state: 'completed' });
    await expectStackError('RUN_NOT_RESUMABLE', () => store.claimRun('first'));
  });
});
