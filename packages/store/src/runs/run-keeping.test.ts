import { randomUUID } from 'node:crypto';
import type { NewArtifact, Plan, RunStore } from '@stack/core';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { describeEachEngine } from '../../test/describe-each-engine.ts';
import { newArtifact } from '../../test/new-artifact.ts';
import { runChild } from '../../test/run-child.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { openEngine } from '../open-engine.ts';
import { openStore } from '../open-store.ts';
import type { StoreLocation } from '../store-location.ts';

const plan: Plan = {
  planVersion: 1,
  pipeline: 'training',
  source: undefined,
  parameters: {},
  steps: ['load', 'train'].map((name) => ({ name, upstream: [], inputs: {}, outputs: ['output'], attempts: 1 })),
};

describeEachEngine('keeping runs', (create) => {
  let location: StoreLocation;
  let runs: RunStore;

  async function open(): Promise<MetadataStore> {
    const store = await openStore({ ...location, create: true });
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  }

  beforeEach(async () => {
    location = await create();
    runs = (await open()).runs;
  });

  /** Records a run with the artifacts of its steps. */
  async function record(name: string, artifacts: Readonly<Record<string, Partial<NewArtifact>>>, isEnded = true) {
    const id = randomUUID();
    const lease = await runs.startRun({ id, name, stack: 'default', plan, metadata: {} });
    for (const [step, given] of Object.entries(artifacts)) {
      await runs.recordStep(lease, step, { state: 'running', attempt: 1 });
      const artifact = { ...newArtifact(id, step), ...given };
      await runs.recordStep(lease, step, { state: 'completed', artifacts: [artifact], metadata: {} });
    }
    if (isEnded) await runs.endRun(lease, { state: 'completed' });
    return { id, lease };
  }

  const object = (path: string) => ({ path, size: 1, sha256: 'ab'.repeat(32) });
  const view = { ...object('view'), name: 'view', type: 'html', mediaType: 'text/html' } as const;

  test('a run goes with all that is recorded of it, and a dry run says the same', async () => {
    const { id } = await record('gone', { load: { path: 'rows', contents: [object('a')], visualizations: [view] } });
    await record('stays', { load: { path: 'other' } });
    const deletion = {
      id,
      name: 'gone',
      state: 'completed',
      artifacts: 1,
      keptArtifacts: 0,
      objects: [{ store: { component: 'default' }, paths: ['rows', 'a', 'view'] }],
    };
    expect(await runs.deleteRun('gone', { dryRun: true })).toMatchObject(deletion);
    expect(await runs.listArtifacts({ runId: id })).toHaveLength(1);
    expect(await runs.deleteRun('gone', { logStore: 'logs' })).toMatchObject(deletion);
    await expect(runs.getRun(id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(runs.listStepRuns(id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(runs.deleteRun('gone')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect((await runs.listArtifacts()).map(({ path }) => path)).toEqual(['other']);
    // The name is free again.
    await record('gone', {});
    for (const component of ['default', 'logs']) {
      expect(await runs.listDeletedRuns(component)).toEqual([id]);
      await runs.forgetDeletedRun(id, component);
      expect(await runs.listDeletedRuns(component)).toEqual([]);
    }
  });

  test('artifacts with tags stay, and those of a list with it, unless told; and all of them where they are kept', async () => {
    const tagged = { load: { tags: ['best'], path: 'rows' }, train: { path: 'model' } };
    const { id } = await record('tagged', tagged);
    expect(await runs.deleteRun('tagged')).toMatchObject({
      artifacts: 1,
      keptArtifacts: 1,
      objects: [{ paths: ['model'] }],
    });
    expect(await runs.listArtifacts({ runId: id })).toEqual([]);
    expect(await runs.listArtifacts()).toMatchObject([
      { path: 'rows', runId: undefined, step: undefined, tags: ['best'] },
    ]);

    await record('tagged', tagged);
    expect(await runs.deleteRun('tagged', { deleteTagged: true })).toMatchObject({ artifacts: 2, keptArtifacts: 0 });
    await record('tagged', tagged);
    expect(await runs.deleteRun('tagged', { keepArtifacts: true })).toMatchObject({
      artifacts: 0,
      keptArtifacts: 2,
      objects: [],
    });

    const mapped = randomUUID();
    const lease = await runs.startRun({ id: mapped, name: 'mapped', stack: 'default', plan, metadata: {} });
    await runs.recordItems(lease, 'load', ['load[0]', 'load[1]']);
    for (const [step, given] of [
      ['load[0]', {}],
      ['load[1]', {}],
      ['load', { tags: ['best'] }],
    ] as const) {
      if (step !== 'load') await runs.recordStep(lease, step, { state: 'running', attempt: 1 });
      const artifacts = [
        { ...newArtifact(mapped, step), path: step, ...given },
        { ...newArtifact(mapped, step, 'more'), path: `${step} more` },
      ];
      await runs.recordStep(lease, step, { state: 'completed', artifacts, metadata: {} });
    }
    await runs.endRun(lease, { state: 'completed' });
    const { objects } = await runs.deleteRun('mapped');
    expect(objects[0]?.paths.toSorted()).toEqual(['load more', 'load[0] more', 'load[1] more']);
  });

  test('artifacts that steps of other runs took stay until those are deleted, and with a list those of its items', async () => {
    const mapped = randomUUID();
    const lease = await runs.startRun({ id: mapped, name: 'mapped', stack: 'default', plan, metadata: {} });
    await runs.recordItems(lease, 'load', ['load[0]', 'load[1]']);
    const ids: string[] = [];
    for (const step of ['load[0]', 'load[1]', 'load'] as const) {
      if (step !== 'load') await runs.recordStep(lease, step, { state: 'running', attempt: 1 });
      const artifacts = [{ ...newArtifact(mapped, step), path: step }];
      const recorded = await runs.recordStep(lease, step, { state: 'completed', artifacts, metadata: {} });
      ids.push(...recorded.map(({ id }) => id));
    }
    await runs.endRun(lease, { state: 'completed' });
    const use = async (name: string, artifactId = '') => {
      const id = randomUUID();
      const user = await runs.startRun({ id, name, stack: 'default', plan, metadata: {} });
      await runs.recordStep(user, 'load', { state: 'running', attempt: 1 });
      const inputs = [{ input: 'training/load/output', artifactId, isLoaded: true }] as const;
      await runs.recordStep(user, 'load', { state: 'completed', artifacts: [], inputs, metadata: {} });
      await runs.endRun(user, { state: 'completed' });
    };
    const paths = async () => (await runs.listArtifacts()).map(({ path }) => path).toSorted();
    await use('of list', ids[2]);
    await use('of list again', ids[2]);
    await use('of item', ids[0]);
    expect(await runs.deleteRun('mapped')).toMatchObject({ artifacts: 0, keptArtifacts: 3, objects: [] });
    expect(await paths()).toEqual(['load', 'load[0]', 'load[1]']);
    expect(await runs.deleteRun('of list')).toMatchObject({ artifacts: 0 });
    expect(await runs.deleteRun('of list again', { dryRun: true })).toMatchObject({ artifacts: 2 });
    const { artifacts, objects } = await runs.deleteRun('of list again');
    expect([artifacts, objects[0]?.paths.toSorted()]).toEqual([2, ['load', 'load[1]']]);
    expect(await paths()).toEqual(['load[0]']);
    // With its last user it goes, unless what that has is kept.
    expect(await runs.deleteRun('of item', { keepArtifacts: true })).toMatchObject({ artifacts: 0 });
    expect(await paths()).toEqual(['load[0]']);
  });

  test('a run that a process executes is RUN_HELD, and goes when that is killed', async () => {
    const holder = runChild(
      location,
      `
      const store = await openStore(location);
      await store.runs.startRun({ id: 'held', name: 'held', stack: 'default', plan: ${JSON.stringify(plan)}, metadata: {} });
      console.log('began');
      setInterval(() => {}, 1000);
    `,
    );
    onTestFinished(() => void holder.child.kill('SIGKILL'));
    await new Promise((resolve) => holder.child.stdout.once('data', resolve));
    for (const dryRun of [true, false]) {
      await expect(runs.deleteRun('held', { dryRun })).rejects.toMatchObject({ code: 'RUN_HELD' });
    }
    holder.child.kill('SIGKILL');
    await holder.end;
    // A server learns a moment later that a session is over.
    const wouldGo = await vi.waitFor(() => runs.deleteRun('held', { dryRun: true }), { timeout: 10_000 });
    expect(wouldGo).toMatchObject({ state: 'running' });
    expect(await runs.deleteRun('held')).toMatchObject({ id: 'held', state: 'running' });
    await expect(runs.getRun('held')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    // Nor is one that this process executes.
    const { lease } = await record('own', {}, false);
    await expect(runs.deleteRun('own')).rejects.toMatchObject({ code: 'RUN_HELD' });
    await runs.endRun(lease, { state: 'failed' });
    expect(await runs.deleteRun('own')).toMatchObject({ state: 'failed' });
  });

  test('what an artifact refers to is not condemned, and what is condemned, no artifact is recorded with', async () => {
    await record('kept', { load: { path: 'rows', contents: [object('a')], visualizations: [view] } });
    expect((await runs.artifactPlace()).isCollected).toBe(false);
    const paths = ['a', 'b', 'c', 'rows', 'view'];
    expect(await runs.condemnObjects(paths, { dryRun: true })).toEqual(['b', 'c']);
    expect(await runs.findCondemned(paths)).toEqual([]);
    expect(await runs.condemnObjects(paths)).toEqual(['b', 'c']);
    expect((await runs.findCondemned(paths)).toSorted()).toEqual(['b', 'c']);
    expect((await runs.artifactPlace()).isCollected).toBe(true);

    const { id, lease } = await record('late', {}, false);
    await runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    const complete = (artifact: Partial<NewArtifact>) => {
      const artifacts = [{ ...newArtifact(id, 'load'), ...artifact }];
      return runs.recordStep(lease, 'load', { state: 'completed', artifacts, metadata: {} });
    };
    const refused = { code: 'ARTIFACT_COLLECTED', message: expect.stringContaining('The object b of') };
    await expect(complete({ path: 'b' })).rejects.toMatchObject(refused);
    await expect(complete({ contents: [object('b')] })).rejects.toMatchObject(refused);
    expect(await runs.listStepRuns(id)).toMatchObject([{ state: 'running' }, { state: 'pending' }]);
    await complete({ path: 'b-1' });
    expect(await runs.condemnObjects(['b-1'])).toEqual([]);
  });

  test('what is condemned is forgotten a day later, once the runs have ended that were there', async () => {
    await using engine = await openEngine(location);
    const aDayLater = () =>
      engine.write((database) => database.updateTable('condemned_objects').set({ condemned_at: 0 }).execute());
    const { lease } = await record('before', {}, false);
    await runs.condemnObjects(['old']);
    await runs.condemnObjects([]);
    expect(await runs.findCondemned(['old'])).toEqual(['old']);
    await aDayLater();
    await record('after', {}, false);
    await runs.condemnObjects([]);
    expect(await runs.findCondemned(['old'])).toEqual(['old']);
    await runs.endRun(lease, { state: 'completed' });
    await runs.condemnObjects(['new']);
    expect(await runs.findCondemned(['new', 'old'])).toEqual(['new']);
  });

  test('artifacts are listed in pages, also of one run', async () => {
    const { id } = await record('first', { load: { path: 'a' }, train: { path: 'b' } });
    await record('second', { load: { path: 'c' } });
    const [newest, middle] = await runs.listArtifacts({ limit: 2 });
    expect([newest?.path, middle?.path]).toEqual(['c', 'b']);
    expect(await runs.listArtifacts({ limit: 2, after: middle?.id })).toMatchObject([{ path: 'a' }]);
    expect(await runs.listArtifacts({ runId: id, after: newest?.id })).toHaveLength(2);
    await runs.deleteRun(id);
    await expect(runs.listArtifacts({ after: middle?.id })).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  test('of two that condemn an object and record an artifact with it, one alone succeeds', async () => {
    const other = (await open()).runs;
    for (let round = 0; round < 20; round += 1) {
      const path = `round-${round}`;
      const { id, lease } = await record(path, {}, false);
      await runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      const change = { state: 'completed', artifacts: [{ ...newArtifact(id, 'load'), path }], metadata: {} } as const;
      const [recorded, condemned] = await Promise.all([
        runs.recordStep(lease, 'load', change).then(
          () => true,
          (error: { readonly code: string }) => error.code !== 'ARTIFACT_COLLECTED',
        ),
        other.condemnObjects([path]),
      ]);
      expect({ recorded, condemned: condemned.length === 1 }).toEqual({ recorded, condemned: !recorded });
      await runs.endRun(lease, { state: 'completed' });
    }
  });

  test('every store of runs has a folder of its own for artifacts, the same for ever', async () => {
    const { folder, isOwn } = await runs.artifactPlace();
    expect(folder).toMatch(/^artifacts\/[0-9a-f]{16}$/);
    expect(isOwn).toBe(true);
    expect((await (await open()).runs.artifactPlace()).folder).toBe(folder);
    location = await create();
    expect((await (await open()).runs.artifactPlace()).folder).not.toBe(folder);
  });

  test('runs are told in short, the newest first, those of before a time, and rules are kept as they are given', async () => {
    await record('first', {});
    const between = new Date(Date.now() + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await record('second', {});
    await record('third', {}, false);
    const names = async (filter = {}) => (await runs.summarizeRuns(filter)).map(({ name }) => name);
    expect(await names()).toEqual(['third', 'second', 'first']);
    expect(await names({ before: between })).toEqual(['first']);
    expect(await names({ state: 'running' })).toEqual(['third']);
    expect(await names({ pipeline: 'none' })).toEqual([]);
    expect(await runs.retentionRules()).toEqual([]);
    const rules = [{ maximumAge: 5 }, { pipeline: 'training', state: 'failed', maximumCount: 2 }] as const;
    await runs.putRetentionRules([{ maximumCount: 1 }]);
    await runs.putRetentionRules(rules);
    expect(await runs.retentionRules()).toEqual(rules);
  });
});
