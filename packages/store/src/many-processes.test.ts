import { beforeAll, describe, expect, test } from 'vitest';
import { addedComponents } from '../test/added-components.ts';
import { describeEachEngine } from '../test/describe-each-engine.ts';
import { type ChildEnd, runChild } from '../test/run-child.ts';
import { checkStore } from './maintenance/check-store.ts';
import { openStore } from './open-store.ts';
import type { StoreLocation } from './store-location.ts';

describeEachEngine('many processes with one metadata store', (create) => {
  describe('eight that make it, and write to it at once', () => {
    let location: StoreLocation;
    let ends: readonly ChildEnd[];

    beforeAll(async () => {
      location = await create();
      const children = Array.from({ length: 8 }, (_, child) =>
        runChild(
          location,
          `
          await using store = await openStore({ ...location, create: true });
          const component = (name) => ({ type: 'alerter', name, flavor: 'x', configVersion: 1, config: {} });
          for (let index = 0; index < 500; index += 1) await store.components.add(component('c${child}-' + index));
          for (let index = 0; index < 40; index += 1) {
            await store.components.add(component('shared-' + index)).then(() => console.log('added'), ({ code }) => console.log(code));
          }
          await store.stacks.add({ name: 'shared', components: [] }).catch(() => {});
          for (let index = 0; index < 20; index += 1) {
            await store.stacks.update('shared', ({ labels }) => ({ labels: { count: String(Number(labels.count ?? 0) + 1) } }));
          }
        `,
        ),
      );
      ends = await Promise.all(children.map(({ end }) => end));
    }, 120_000);

    test('see no error', () => {
      expect(ends.map(({ code, errors }) => [code, errors])).toEqual(Array(8).fill([0, '']));
    });

    test('lose none of the 500 components that each registers', async () => {
      await using store = await openStore(location);
      const names = (await addedComponents(store.components)).map(({ name }) => name);
      expect(names.filter((name) => name.startsWith('c')).length).toBe(8 * 500);
    });

    test('get a name that all want once, and all but one are told', () => {
      const lines = ends.flatMap(({ output }) => output.trim().split('\n'));
      expect(lines.filter((line) => line === 'added')).toHaveLength(40);
      expect(lines.filter((line) => line === 'ALREADY_EXISTS')).toHaveLength(7 * 40);
    });

    test('lose no change of what they share', async () => {
      await using store = await openStore(location);
      expect((await store.stacks.get('shared')).labels).toEqual({ count: '160' });
    });
  });

  test('what a process recorded before it was killed is there, and the next can go on', async () => {
    const location = await create();
    const steps = Array.from({ length: 2000 }, (_, index) => ({
      name: `step-${index}`,
      upstream: [],
      inputs: {},
      outputs: [],
      attempts: 1,
    }));
    const plan = { planVersion: 1, pipeline: 'training', source: undefined, parameters: {}, steps } as const;
    {
      await using store = await openStore({ ...location, create: true });
      await store.runs.startRun({ id: 'run-id', name: 'training-1', stack: 'default', plan, metadata: {} });
    }
    const { child, end } = runChild(
      location,
      `
      import { writeSync } from 'node:fs';
      const store = await openStore(location);
      for (let index = 0; index < 2000; index += 1) {
        await store.runs.recordStep({ runId: 'run-id', epoch: 1 }, 'step-' + index, { state: 'running', attempt: 1 });
        writeSync(1, index + '\\n');
      }
    `,
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n100\n')) child.kill('SIGKILL');
    });
    expect((await end).signal).toBe('SIGKILL');
    const recorded = output.trim().split('\n').length;
    expect(recorded).toBeLessThan(2000);
    await using store = await openStore(location);
    const running = (await store.runs.listStepRuns('run-id')).filter(({ state }) => state === 'running');
    // The last may have been committed just before the process could say so.
    expect([recorded, recorded + 1]).toContain(running.length);
    await store.runs.recordStep(await store.runs.claimRun('run-id'), 'step-1999', { state: 'running', attempt: 1 });
    // Two events for the run, two for each step that was begun and interrupted, and one for the last.
    expect(await checkStore(location)).toMatchObject({ problems: [], rows: { run_events: 2 * running.length + 3 } });
  });
});
