import { setTimeout as delay } from 'node:timers/promises';
import { createComponent, type Plan, type PlanStep, type RunContext, type StepExecutor } from '@stack/core';
import { expect, test } from 'vitest';
import { localOrchestratorFlavor } from './flavor.ts';

function planOf(steps: Readonly<Record<string, readonly string[]>>): Plan {
  return {
    planVersion: 1,
    pipeline: 'test',
    source: undefined,
    parameters: {},
    steps: Object.entries(steps).map(
      ([name, upstream]): PlanStep => ({ name, upstream, inputs: {}, outputs: ['output'], attempts: 1 }),
    ),
  };
}

function contextOf(executor: StepExecutor, settings: { readonly concurrency?: number | undefined } = {}): RunContext {
  return {
    runId: 'run',
    signal: new AbortController().signal,
    executor,
    settings,
    stepSettings: () => settings,
    checkAddressable: () => {},
  };
}

async function peakOf(concurrency: number | undefined, stepCount: number): Promise<number> {
  const orchestrator = await createComponent(localOrchestratorFlavor, { name: 'local', config: {} });
  let running = 0;
  let peak = 0;
  const steps = Object.fromEntries(Array.from({ length: stepCount }, (_, index) => [`step-${index}`, []]));
  const executor: StepExecutor = {
    execute: async () => {
      peak = Math.max(peak, ++running);
      await delay(5);
      running--;
      return 'completed';
    },
    expand: async () => [],
  };
  await orchestrator.runPlan(planOf(steps), contextOf(executor, { concurrency }));
  return peak;
}

test('as many steps run at once as the setting says', async () => {
  expect(await peakOf(3, 10)).toBe(3);
  expect(await peakOf(1, 4)).toBe(1);
});

test('without the setting, the number of cores decides at run time', async () => {
  const { availableParallelism } = await import('node:os');
  expect(await peakOf(undefined, 100)).toBe(availableParallelism());
  expect(localOrchestratorFlavor.settingsSchema.parse({})).toEqual({});
});

test('after an error of the executor nothing more starts, and what runs is waited for', async () => {
  const orchestrator = await createComponent(localOrchestratorFlavor, { name: 'local', config: {} });
  const events: string[] = [];
  const executor: StepExecutor = {
    execute: async (step) => {
      events.push(`start ${step}`);
      if (step === 'broken') throw new Error('the state cannot be recorded');
      await delay(20);
      events.push(`end ${step}`);
      return 'completed';
    },
    expand: async () => [],
  };
  const plan = planOf({ broken: [], slow: [], later: [], last: ['slow'] });
  const run = orchestrator.runPlan(plan, contextOf(executor, { concurrency: 2 }));
  await expect(run).rejects.toThrow('the state cannot be recorded');
  expect(events).toEqual(['start broken', 'start slow', 'end slow']);
});

test('a plan whose steps wait for each other is PIPELINE_INVALID', async () => {
  const orchestrator = await createComponent(localOrchestratorFlavor, { name: 'local', config: {} });
  const executor: StepExecutor = { execute: async () => 'completed', expand: async () => [] };
  const run = orchestrator.runPlan(planOf({ a: ['b'], b: ['a'] }), contextOf(executor));
  await expect(run).rejects.toMatchObject({ code: 'PIPELINE_INVALID' });
});

test('a concurrency of 0 is CONFIG_INVALID', async () => {
  const made = createComponent(localOrchestratorFlavor, { name: 'local', config: {}, settings: { concurrency: 0 } });
  await expect(made).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
