import type { ArtifactRecord, RunFence, StepChange } from '@stack/core';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { artifactObjects } from './artifact-objects.ts';
import { type CollectOptions, collectArtifacts, removeUnreferenced } from './collect-artifacts.ts';
import { deleteRun } from './delete-run.ts';
import { verifyArtifacts } from './verify-artifacts.ts';

const folder = 'artifacts/own';

/** Does something between the moment when an artifact is stored and the one when it is recorded. */
class InterruptedRunStore extends MemoryRunStore {
  beforeArtifacts: (() => Promise<unknown>) | undefined;

  override async recordStep(fence: RunFence, name: string, change: StepChange): Promise<readonly ArtifactRecord[]> {
    if (change.state === 'completed') await this.beforeArtifacts?.();
    return super.recordStep(fence, name, change);
  }
}

async function createKeeping() {
  const { stack, artifactStore } = await createTestStack();
  const runStore = new InterruptedRunStore({ folder });
  const calls: string[] = [];
  const number = step({ name: 'number', version: '1' }, ({ value }: { value: number }) => {
    calls.push('number');
    console.log('a line');
    return value % 3;
  });
  const numbers = step({ name: 'numbers', version: '1' }, ({ value }: { value: number }) => {
    calls.push('numbers');
    return [value, value % 2];
  });
  const double = step({ name: 'double', version: '1' }, ({ item }: { item: number }) => {
    calls.push('double');
    return item * 2;
  });
  const counting = pipeline({ name: 'counting', parameters: z.object({ value: z.number() }) }, ({ value }) => {
    number({ value });
    double.map(numbers({ value }), (item) => ({ item }));
  });
  const referenced = async () => {
    const artifacts = await runStore.listArtifacts({ limit: Number.POSITIVE_INFINITY });
    return new Set(artifacts.flatMap(artifactObjects).map(({ path }) => path));
  };
  const stored = () => [...artifactStore.objects.keys()].filter((key) => key.startsWith(`${folder}/`));
  return {
    artifactStore,
    runStore,
    calls,
    stored,
    referenced,
    logs: () => [...artifactStore.objects.keys()].filter((key) => key.startsWith('logs/')),
    run: (name: string, value: number, cache = false) =>
      counting.run({ value }, { name, stack, runStore, cache, onEvent: () => {} }),
    collect: (options: CollectOptions = { olderThan: 0 }) => collectArtifacts(artifactStore, runStore, options),
    remove: (name: string) =>
      deleteRun(runStore, name, { openStore: async () => artifactStore, logStore: artifactStore.name }),
    /** What is wrong with anything that an artifact refers to. */
    damaged: async () => {
      const artifacts = await runStore.listArtifacts({ limit: Number.POSITIVE_INFINITY });
      return (await verifyArtifacts(artifacts, { openStore: async () => artifactStore })).damaged;
    },
  };
}

describe('deleteRun', () => {
  it('frees what no other run refers to, and the logs', async () => {
    const { run, remove, stored, referenced, logs, damaged } = await createKeeping();
    await run('first', 1);
    const ofFirst = stored();
    await run('second', 4);
    await run('third', 4, true);
    expect(logs()).toHaveLength(2);
    const { removedObjects, problems, artifacts } = await remove('second');
    expect({ removedObjects, problems, artifacts }).toEqual({ removedObjects: 0, problems: [], artifacts: 5 });
    expect(await damaged()).toEqual([]);
    expect((await remove('third')).removedObjects).toBeGreaterThan(0);
    expect(stored().toSorted()).toEqual(ofFirst.toSorted());
    expect(new Set(stored())).toEqual(await referenced());
    expect(logs()).toHaveLength(1);
    await remove('first');
    expect([stored(), logs()]).toEqual([[], []]);
  });

  it('that is cut off after what is recorded leaves what a collection finds', async () => {
    const { run, runStore, collect, stored, logs } = await createKeeping();
    const { id } = await run('first', 1);
    await runStore.deleteRun('first');
    expect([stored().length > 0, logs()]).toEqual([true, [expect.stringContaining(id)]]);
    expect((await collect({ olderThan: 0, dryRun: true })).objects).toHaveLength(stored().length);
    const { objects, logsOfRuns } = await collect();
    expect([objects.length > 0, logsOfRuns, stored(), logs()]).toEqual([true, [id], [], []]);
    expect(await collect()).toMatchObject({ objects: [], logsOfRuns: [] });
  });

  it('leaves what a step of another run has loaded, until that run is deleted', async () => {
    const { run, runStore, remove, stored } = await createKeeping();
    const { id } = await run('made', 1);
    const [list] = (await runStore.listArtifacts({ runId: id, step: 'double' })) as [ArtifactRecord];
    const { plan } = await runStore.getRun(id);
    const lease = await runStore.startRun({ id: 'loader', name: 'loader', stack: 'test', plan, metadata: {} });
    await runStore.recordStep(lease, 'number', { state: 'running', attempt: 1 });
    const inputs = [{ input: list.name, artifactId: list.id, isLoaded: true }] as const;
    await runStore.recordStep(lease, 'number', { state: 'completed', artifacts: [], inputs, metadata: {} });
    await runStore.endRun(lease, { state: 'failed' });
    expect(await remove('made')).toMatchObject({ keptArtifacts: 3, artifacts: 2 });
    expect(stored()).toContain(list.path);
    expect(await runStore.listArtifacts()).toMatchObject(Array(3).fill({ runId: undefined }));
    expect(await remove('loader')).toMatchObject({ artifacts: 3 });
    expect(stored()).toEqual([]);
  });

  it('says what it could not remove, and the run is gone all the same', async () => {
    const { run, runStore, stored, collect } = await createKeeping();
    await run('first', 1);
    const away = await expectStackError('RUN_NOT_FOUND', () => runStore.getRun('none'));
    const { problems } = await deleteRun(runStore, 'first', { openStore: () => Promise.reject(away) });
    expect(problems).toEqual([away, away]);
    expect(await runStore.summarizeRuns()).toEqual([]);
    expect(stored()).not.toEqual([]);
    await collect();
    expect(stored()).toEqual([]);
  });
});

describe('collectArtifacts', () => {
  it('leaves what is younger than a day, and what is not of its run store', async () => {
    const { run, runStore, collect, stored, artifactStore } = await createKeeping();
    await artifactStore.write('artifacts/others/sha256/ab/abc', 'of another project');
    await artifactStore.write('artifacts/sha256/ab/abc', 'of nobody');
    await run('first', 1);
    await runStore.deleteRun('first');
    const before = stored();
    expect((await collect({})).objects).toEqual([]);
    expect(stored()).toEqual(before);
    await collect();
    expect(stored()).toEqual([]);
    expect(await artifactStore.readText('artifacts/others/sha256/ab/abc')).toBe('of another project');
    expect(await artifactStore.readText('artifacts/sha256/ab/abc')).toBe('of nobody');
  });

  it('refuses a folder that others use too, and ages that are none', async () => {
    const { artifactStore, collect } = await createKeeping();
    await expectStackError('ARGUMENT_INVALID', () => collectArtifacts(artifactStore, new MemoryRunStore()));
    await expectStackError('ARGUMENT_INVALID', () => collect({ olderThan: -1 }));
  });

  it('that removes what a step has just found stored makes the step store it again', async () => {
    const { run, runStore, collect, calls, damaged, stored, referenced } = await createKeeping();
    await run('first', 1);
    await runStore.deleteRun('first');
    calls.length = 0;
    let removed = 0;
    runStore.beforeArtifacts = async () => {
      runStore.beforeArtifacts = undefined;
      removed = (await collect()).objects.length;
    };
    const { steps } = await run('second', 1);
    expect(removed).toBeGreaterThan(0);
    // Two steps, and two items: one of them ran twice at least.
    expect(calls.length).toBeGreaterThan(4);
    expect(steps.map(({ state }) => state)).toEqual(Array(steps.length).fill('completed'));
    expect(await damaged()).toEqual([]);
    // Under another name: nobody knows whether the object of the first is already gone.
    expect([...(await referenced())].some((path) => path.endsWith('-1'))).toBe(true);
    runStore.beforeArtifacts = undefined;
    await collect();
    expect(new Set(stored())).toEqual(await referenced());
  });

  it('that removes what a step was told is there, makes the step store it elsewhere', async () => {
    const { run, runStore, calls, damaged, referenced, artifactStore } = await createKeeping();
    // No two steps of it store the same.
    await run('first', 2);
    await runStore.deleteRun('first');
    calls.length = 0;
    const write = artifactStore.write.bind(artifactStore);
    let removed = 0;
    vi.spyOn(artifactStore, 'write').mockImplementation(async (...given) => {
      try {
        return await write(...given);
      } catch (error) {
        removed += (await removeUnreferenced(artifactStore, runStore, [given[0]])).length;
        throw error;
      }
    });
    await run('second', 2);
    expect(removed).toBeGreaterThan(0);
    // The function of no step was called again.
    expect(calls).toHaveLength(4);
    expect([...(await referenced())].some((path) => path.endsWith('-1'))).toBe(true);
    expect(await damaged()).toEqual([]);
  });

  it('never takes what a run refers to, whatever comes when', { timeout: 120_000 }, async () => {
    const value = fc.nat(3);
    const action = fc.oneof(
      fc.record({ kind: fc.constant('run' as const), value, cache: fc.boolean(), collectsDuring: fc.boolean() }),
      fc.record({ kind: fc.constant('remove' as const), which: fc.nat(), isCutOff: fc.boolean() }),
      fc.record({ kind: fc.constant('collect' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const { run, runStore, collect, remove, stored, referenced, damaged } = await createKeeping();
        const names: string[] = [];
        for (const [index, taken] of actions.entries()) {
          if (taken.kind === 'run') {
            let collections = 0;
            // Not for ever: a step that stores its bytes anew each time never ends.
            runStore.beforeArtifacts = taken.collectsDuring ? async () => ++collections < 5 && collect() : undefined;
            await run(`run-${index}`, taken.value, taken.cache);
            names.push(`run-${index}`);
          } else if (taken.kind === 'remove') {
            const [name] = names.splice(taken.which % Math.max(1, names.length), 1);
            if (name !== undefined) await (taken.isCutOff ? runStore.deleteRun(name) : remove(name));
          } else {
            await collect();
            expect(new Set(stored())).toEqual(await referenced());
          }
          expect(await damaged()).toEqual([]);
        }
        await collect();
        expect(new Set(stored())).toEqual(await referenced());
        for (const name of names) await remove(name);
        expect(stored()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
