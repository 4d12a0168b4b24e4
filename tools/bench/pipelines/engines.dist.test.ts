import { describe, expect, onTestFinished, test } from 'vitest';
import type { EngineProcess } from './engine-process.ts';
import { engineEntry, engineNames } from './engines.ts';
import { openEngine, startOnce, temporaryFolder } from './run.ts';

async function open(name: (typeof engineNames)[number], nodeOptions: readonly string[] = []): Promise<EngineProcess> {
  const resources = new AsyncDisposableStack();
  onTestFinished(() => resources.disposeAsync());
  const place = { root: await temporaryFolder(resources), startServer: startOnce(resources) };
  const opened = await openEngine(name, place, resources, nodeOptions);
  if (typeof opened === 'string') throw new Error(opened);
  return opened.process;
}

describe.each(engineNames)('%s', async (name) => {
  const obstacle = await engineEntry(name).whyUnavailable?.();
  const title = 'runs a chain, whose result is right, again and again';
  test.skipIf(obstacle !== undefined)(obstacle === undefined ? title : `${title}: ${obstacle}`, async () => {
    const process = await open(name);
    expect(await process.ask({ ask: 'prepare', shape: 'chain', steps: 5 })).toEqual({});
    const { milliseconds } = await process.ask({ ask: 'run', runs: 3 });
    expect(milliseconds).toBeGreaterThan(0);
  });
});

test.each(['fan-out', 'map'] as const)('ours runs a %s, whose result is right', async (shape) => {
  const process = await open('ours');
  await process.ask({ ask: 'prepare', shape, steps: 5 });
  expect((await process.ask({ ask: 'run', runs: 2 })).milliseconds).toBeGreaterThan(0);
});

test('our engine maps a step over 4,000 items in a heap of 48 MB', { timeout: 300_000 }, async () => {
  const process = await open('ours', ['--max-old-space-size=48']);
  await process.ask({ ask: 'prepare', shape: 'map', steps: 4_000 });
  expect((await process.ask({ ask: 'run', runs: 1 })).milliseconds).toBeGreaterThan(0);
});
