import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Orchestrator, StepOutcome } from '@stack/core';
import type { CaseContext, ConformanceCases } from '../conformance/conformance-suite.ts';
import { RecordingExecutor } from './recording-executor.ts';
import { runPlan } from './run-plan.ts';
import { type OrchestratorHooks, workerCases } from './worker-cases.ts';

type Context = CaseContext<Orchestrator, OrchestratorHooks>;

const diamond = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };

/** Every case of the suite, by its name. */
export const orchestratorCases = {
  'each step is executed once': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, diamond);
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'c', 'd']);
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
  'a step is executed when all its upstream has ended, however it ended': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async (step) => {
      if (step === 'b') await delay(20);
      return step === 'b' ? 'failed' : step === 'c' ? 'skipped' : 'completed';
    });
    await runPlan(component, executor, { ...diamond, e: ['d'] });
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'c', 'd', 'e']);
    assert.ok(executor.isBefore('b', 'd') && executor.isBefore('c', 'd') && executor.isBefore('d', 'e'));
  },
  'what is said to come next after a step is executed when that has ended, and said once': async ({
    component,
  }: Context) => {
    const controller = new AbortController();
    const executor = new RecordingExecutor(async (step, signal) => {
      await delay(1);
      if (step === 'e') controller.abort();
      return signal.aborted ? 'cancelled' : 'completed';
    });
    await runPlan(component, executor, { ...diamond, x: [], y: [], e: ['d'], f: ['e'] }, controller);
    const announced = executor.successions.map(([, next]) => next);
    assert.deepEqual(announced, [...new Set(announced)]);
    for (const [completed, next] of executor.successions) {
      assert.ok(executor.isBefore(completed, next), `${next} did not come after ${completed}`);
    }
    assert.equal(executor.executed.length, 8);
  },
  'after the run is cancelled the other steps are executed too, which skips them': async ({ component }: Context) => {
    const controller = new AbortController();
    const executor = new RecordingExecutor(async (step, signal) => {
      if (step !== 'a') return signal.aborted ? 'skipped' : 'failed';
      controller.abort();
      return 'cancelled';
    });
    await runPlan(component, executor, { a: [], b: ['a'], c: ['b'] }, controller);
    assert.deepEqual(executor.executed, ['a', 'b', 'c']);
    assert.deepEqual(executor.outcomes, { a: 'cancelled', b: 'skipped', c: 'skipped' });
  },
  'a mapped step is executed after its items, which are executed once each': async ({ component }: Context) => {
    const executor = new RecordingExecutor(
      async () => 'completed',
      (step) => (step === 'map' ? ['map[0]', 'map[1]', 'map[2]'] : []),
    );
    await runPlan(component, executor, { a: [], map: ['a'], b: ['map'] }, { mapped: ['map'] });
    assert.deepEqual(executor.executed.toSorted(), ['a', 'b', 'map', 'map[0]', 'map[1]', 'map[2]']);
    for (const item of ['map[0]', 'map[1]', 'map[2]']) {
      assert.ok(executor.isBefore('a', item), `${item} started before a had ended`);
      assert.ok(executor.isBefore(item, 'map'), `map started before ${item} had ended`);
    }
    assert.ok(executor.isBefore('map', 'b'), 'b started before map had ended');
  },
  'a mapped step is executed after items that failed': async ({ component }: Context) => {
    const executor = new RecordingExecutor(
      async (step) => (step === 'map[0]' ? 'failed' : 'completed'),
      () => ['map[0]', 'map[1]'],
    );
    await runPlan(component, executor, { map: [] }, { mapped: ['map'] });
    assert.deepEqual(executor.executed.toSorted(), ['map', 'map[0]', 'map[1]']);
  },
  'a mapped step without items is executed': async ({ component }: Context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    await runPlan(component, executor, { map: [], b: ['map'] }, { mapped: ['map'] });
    assert.deepEqual(executor.executed, ['map', 'b']);
  },
  'the signal of the run reaches the steps': async ({ component }: Context) => {
    const controller = new AbortController();
    const executor = new RecordingExecutor(async (_, signal): Promise<StepOutcome> => {
      setTimeout(() => controller.abort(), 5);
      return delay(1000, 'failed' as const, { signal }).catch(() => 'cancelled');
    });
    await runPlan(component, executor, { a: [] }, controller);
    assert.deepEqual(executor.outcomes, { a: 'cancelled' }, 'the signal of the step was not aborted');
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
  ...workerCases,
} satisfies ConformanceCases<Orchestrator, string, OrchestratorHooks>;
