import { setTimeout as delay } from 'node:timers/promises';
import { createComponent, type Plan, type PlanStep } from '@stack/core';
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

async function peakOf(concurrency: number | undefined, stepCount: number): Promise<number> {
  const orchestrator = await createComponent(localOrchestratorFlavor, {
    name: 'local',
    config: {},
    settings: concurrency === undefined ? {} : { concurrency },
  });
  let running = 0;
  let peak = 0;
  const steps = Object.fromEntries(Array.from({ length: stepCount }, (_, index) => [`step-${index}`, []]));
  await orchestrator.runPlan(planOf(steps), {
    runId: 'run',
    signal: new AbortController().signal,
    executor: {
      execute: async () => {
        peak = Math.max(peak, ++running);
        await delay(5);
        running--;
        return 'completed';
      },
      skip: async () => {},
    },
  });
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
  const orchestrator = await createComponent(localOrchestratorFlavor, {
    name: 'local',
    config: {},
    settings: { concurrency: 2 },
  });
  const events: string[] = [];
  const run = orchestrator.runPlan(planOf({ broken: [], slow: [], later: [], last: ['slow'] }), {
    runId: 'run',
    signal: new AbortController().signal,
    executor: {
      execute: async (step) => {
        events.push(`start ${step}`);
        if (step === 'broken') throw new Error('the state cannot be recorded');
        await delay(20);
        events.push(`end ${step}`);
        return 'completed';
      },
      skip: async () => {},
    },
  });
  await expect(run).rejects.toThrow('the state cannot be recorded');
  expect(events).toEqual(['start broken', 'start slow', 'end slow']);
});

test('a plan whose steps wait for each other is PIPELINE_INVALID', async () => {
  const orchestrator = await createComponent(localOrchestratorFlavor, { name: 'local', config: {} });
  const run = orchestrator.runPlan(planOf({ a: ['b'], b: ['a'] }), {
    runId: 'run',
    signal: new AbortController().signal,
    executor: { execute: async () => 'completed', skip: async () => {} },
  });
  await expect(run).rejects.toMatchObject({ code: 'PIPELINE_INVALID' });
});

test('a concurrency of 0 is CONFIG_INVALID', async () => {
  const made = createComponent(localOrchestratorFlavor, { name: 'local', config: {}, settings: { concurrency: 0 } });
  await expect(made).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
