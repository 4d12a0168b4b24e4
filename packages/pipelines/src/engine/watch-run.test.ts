import diagnosticsChannel from 'node:diagnostics_channel';
import type { RunRecord } from '@stack/core';
import { expect, it } from 'vitest';
import { readRunLog } from '../logs/read-run-log.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import { type RunEvent, runEventChannel } from './run-event.ts';
import { watchRun } from './watch-run.ts';

/** A pipeline whose steps go on when they are told to. */
function createGate() {
  const gates = { load: Promise.withResolvers<void>(), fail: Promise.withResolvers<void>() };
  const load = step({ name: 'load' }, async (_, { log }) => {
    log.info('loading');
    await gates.load.promise;
    log.info('loaded');
    return [1, 2];
  });
  const double = step({ name: 'double' }, ({ value }: { value: number }, { log }) => {
    log.info(`double ${value}`);
    return value * 2;
  });
  const fail = step({ name: 'fail', retry: { attempts: 2, baseDelay: 0 } }, async (_: { after: unknown }) => {
    await gates.fail.promise;
    throw new Error('no');
  });
  const gated = pipeline({ name: 'gated' }, () => {
    const doubled = double.map(load(), (value) => ({ value }));
    double({ value: fail({ after: doubled }) as never }, { name: 'last' });
  });
  return { gates, gated };
}

async function start() {
  const { stack, artifactStore } = await createTestStack();
  const runStore = new MemoryRunStore();
  const { gates, gated } = createGate();
  const started = Promise.withResolvers<string>();
  const onEvent = (event: RunEvent) => {
    if (event.type === 'step-started') started.resolve(event.runId);
  };
  const run = gated.run({}, { stack, runStore, onEvent, name: 'watched', throwOnFailure: false });
  return { runId: await started.promise, runStore, artifactStore, gates, run };
}

it('tells a run that goes on elsewhere, step by step, to its end', async () => {
  const { runStore, gates, run } = await start();
  const told: string[] = [];
  for await (const event of watchRun(runStore, 'watched', { interval: 5 })) {
    told.push(`${event.type}${'step' in event ? ` ${event.step}` : ''}`);
    if (event.type === 'step-started' && event.step === 'load') gates.load.resolve();
    if (event.type === 'step-started' && event.step === 'fail') gates.fail.resolve();
  }
  await run;
  expect(told.slice(0, 2)).toEqual(['run-started', 'step-started load']);
  expect(told).toContain('step-completed double[1]');
  expect(told.slice(-3)).toEqual(['step-failed fail', 'step-skipped last', 'run-ended']);
  const events = await collect(watchRun(runStore, 'watched'));
  expect(events.find((event) => event.type === 'step-completed' && event.step === 'load')).toMatchObject({
    artifacts: [{ step: 'load', output: 'output' }],
  });
  expect(events.at(-1)).toMatchObject({ state: 'failed', error: { code: 'RUN_FAILED' } });
});

it('tells once that nobody executes the run any more, and goes on with who resumes it', async () => {
  const runStore = new MemoryRunStore();
  const { gated } = createGate();
  const plan = gated.plan({});
  const lease = await runStore.startRun({ id: 'a1', name: 'left', stack: 'default', plan, metadata: {} });
  await lease[Symbol.asyncDispose]();
  const told: string[] = [];
  for await (const { type } of watchRun(runStore, 'left', { interval: 5 })) {
    told.push(type);
    if (type !== 'run-left') continue;
    const next = await runStore.claimRun('left');
    setTimeout(() => void runStore.endRun(next, { state: 'cancelled' }), 20);
  }
  expect(told.filter((type) => !type.startsWith('step-'))).toEqual(['run-started', 'run-left', 'run-ended']);
});

it('whoever follows the log of a run is told once that its process has ended', async () => {
  const { artifactStore } = await createTestStack();
  const runStore = new MemoryRunStore();
  const plan = createGate().gated.plan({});
  const lease = await runStore.startRun({ id: 'a1', name: 'left', stack: 'default', plan, metadata: {} });
  await lease[Symbol.asyncDispose]();
  const told: string[] = [];
  const onLeft = async ({ name }: RunRecord) => {
    told.push(name);
    const next = await runStore.claimRun('left');
    await next[Symbol.asyncDispose]();
    if (told.length === 1) return;
    await runStore.endRun(await runStore.claimRun('left'), { state: 'cancelled' });
  };
  expect(await collect(readRunLog(artifactStore, runStore, 'a1', { follow: true, interval: 1, onLeft }))).toEqual([]);
  // Each time that somebody took it up and left it.
  expect(told).toEqual(['left', 'left']);
  await collect(readRunLog(artifactStore, runStore, 'a1', { onLeft }));
  expect(told).toHaveLength(2);
});

it('ends when its signal aborts, and for a run that is not there', async () => {
  const { runStore, gates, run } = await start();
  const watching = collect(watchRun(runStore, 'watched', { signal: AbortSignal.timeout(20) }));
  await expect(watching).rejects.toMatchObject({ name: 'AbortError' });
  gates.load.resolve();
  gates.fail.resolve();
  await run;
  await expectStackError('RUN_NOT_FOUND', () => collect(watchRun(runStore, 'other')));
});

it('the log of a run can be followed while it goes on, and read when it has ended', async () => {
  const { runId, runStore, artifactStore, gates, run } = await start();
  const lines: string[] = [];
  for await (const { step: name, text } of readRunLog(artifactStore, runStore, runId, { follow: true, interval: 5 })) {
    lines.push(`${name}: ${text}`);
    if (text === 'loading') gates.load.resolve();
    gates.fail.resolve();
  }
  await run;
  expect(lines[0]).toBe('load: loading');
  expect(lines).toEqual(expect.arrayContaining(['load: loaded', 'double[0]: double 1', 'double[1]: double 2']));
  const again = (await collect(readRunLog(artifactStore, runStore, runId))).map(
    ({ step: name, text }) => `${name}: ${text}`,
  );
  expect(again.toSorted()).toEqual(lines.toSorted());
  expect(again.slice(0, 4)).toEqual(['load: loading', 'load: loaded', 'double[0]: double 1', 'double[1]: double 2']);
  const one = await collect(readRunLog(artifactStore, runStore, runId, { step: 'double[1]' }));
  expect(one.map(({ text }) => text)).toEqual(['double 2']);
});

it('every event is published to whoever subscribes to the channel', async () => {
  const { stack } = await createTestStack();
  const published: unknown[] = [];
  const subscriber = (event: unknown) => published.push(event);
  diagnosticsChannel.subscribe(runEventChannel, subscriber);
  try {
    const events: RunEvent[] = [];
    await pipeline({ name: 'one' }, () => step({ name: 'load' }, () => console.log('x'))()).run(
      {},
      { stack, onEvent: (event) => events.push(event) },
    );
    expect(events.map(({ type }) => type)).toContain('step-log');
    expect(published).toEqual(events);
  } finally {
    diagnosticsChannel.unsubscribe(runEventChannel, subscriber);
  }
});
