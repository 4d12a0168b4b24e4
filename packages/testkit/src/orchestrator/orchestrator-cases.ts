import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Orchestrator, Plan, StepOutcome } from '@stack/core';
import type { CaseContext, ConformanceCases } from '../conformance/conformance-suite.ts';
import { RecordingExecutor } from './recording-executor.ts';

type Context = CaseContext<Orchestrator>;

const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };

/** Every case of the suite, by its name. */
export const orchestratorCases = {
  'each step is executed once': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, diamond);
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'c', 'd']);
    assert.deepEqual(executor.skipped, {});
  },
  'a step runs after those it depends on': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async (step) => {
      await delay(step === 'b' ? 20 : 1);
      return 'completed';
    });
    await runPlan(component, executor, diamond);
    for (const [first, second] of ['ab', 'ac', 'bd', 'cd']) {
      assert.ok(executor.isBefore(first ?? '', second ?? ''), `${second} started before ${first} had ended`);
    }
  },
  'the run ends when its last step has ended': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => {
      await delay(10);
      return 'completed';
    });
    await runPlan(component, executor, { a: [], b: [], c: [] });
    assert.equal(executor.events.filter(({ event }) => event === 'end').length, 3);
  },
  'steps that do not depend on each other run at once': async ({ component }: Context) => {
    const { promise: bothStarted, resolve } = Promise.withResolvers<void>();
    let started = 0;
    const executor = new RecordingExecutor(async () => {
      if (++started === 2) resolve();
      const inTime = await Promise.race([bothStarted.then(() => true), delay(1000, false, { ref: false })]);
      return inTime ? 'completed' : 'failed';
    });
    await runPlan(component, executor, { a: [], b: [] });
    assert.equal(executor.peak, 2, 'the second step waited for the first');
  },
  'a step whose upstream failed is skipped with a reason that names it': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async (step) => (step === 'b' ? 'failed' : 'completed'));
    await runPlan(component, executor, { a: [], b: ['a'], c: ['b'], d: ['c'], e: ['a'] });
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'e']);
    assert.deepEqual(Object.keys(executor.skipped).toSorted(), ['c', 'd']);
    assert.match(executor.skipped.c ?? '', /\bb\b/);
    assert.match(executor.skipped.d ?? '', /\bc\b/);
  },
  'a step of several upstreams of which one failed is skipped once': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async (step) => (step === 'b' ? 'failed' : 'completed'));
    await runPlan(component, executor, diamond);
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'c']);
    assert.deepEqual(
      executor.events.filter(({ event }) => event === 'skip').map(({ step }) => step),
      ['d'],
    );
  },
  'the steps that have not started when the run is cancelled are skipped': async ({ component }: Context) => {
    const controller = new AbortController();
    const executor = new RecordingExecutor(async () => {
      controller.abort();
      return 'cancelled';
    });
    await runPlan(component, executor, { a: [], b: ['a'], c: ['b'] }, controller.signal);
    assert.deepEqual(executor.executed, ['a']);
    assert.deepEqual(Object.keys(executor.skipped).toSorted(), ['b', 'c']);
    for (const reason of Object.values(executor.skipped)) assert.match(reason, /cancel/);
  },
  'a run that is cancelled before it starts executes nothing': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, diamond, AbortSignal.abort());
    assert.deepEqual(executor.executed, []);
    assert.deepEqual(Object.keys(executor.skipped).toSorted(), ['a', 'b', 'c', 'd']);
  },
  'the signal of the run reaches the steps': async ({ component }: Context) => {
    const controller = new AbortController();
    const executor = new RecordingExecutor(async (_, signal): Promise<StepOutcome> => {
      setTimeout(() => controller.abort(), 5);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('cancelled')));
    });
    await runPlan(component, executor, { a: [] }, controller.signal);
    assert.deepEqual(executor.executed, ['a']);
  },
  'an error of the executor ends the run with that error': async ({ component }: Context) => {
    const failure = new Error('the state cannot be recorded');
    const executor = new RecordingExecutor(async () => {
      throw failure;
    });
    await assert.rejects(runPlan(component, executor, { a: [], b: ['a'] }), failure);
    assert.deepEqual(executor.executed, ['a']);
  },
  'a plan of many steps runs to its end': async ({ component }: Context) => {
    const names = Array.from({ length: 300 }, (_, index) => `step-${index}`);
    const steps = names.map((name, index) => [name, index < 10 ? [] : [names[index - 10] ?? '']] as const);
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, Object.fromEntries(steps));
    assert.equal(new Set(executor.executed).size, 300);
    assert.equal(executor.executed.length, 300);
  },
  'a plan without steps ends': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, {});
    assert.deepEqual(executor.events, []);
  },
} satisfies ConformanceCases<Orchestrator>;

function runPlan(
  orchestrator: Orchestrator,
  executor: RecordingExecutor,
  upstreams: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const plan: Plan = {
    planVersion: 1,
    pipeline: 'conformance',
    source: undefined,
    parameters: {},
    steps: Object.entries(upstreams).map(([name, upstream]) => ({
      name,
      upstream,
      inputs: {},
      outputs: ['output'],
      attempts: 1,
    })),
  };
  const { settings } = orchestrator;
  return orchestrator.runPlan(plan, {
    runId: 'conformance',
    executor,
    signal,
    settings,
    stepSettings: () => settings,
  });
}
