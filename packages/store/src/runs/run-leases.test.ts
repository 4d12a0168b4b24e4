import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '@stack/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { describeEachEngine } from '../../test/describe-each-engine.ts';
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
  steps: ['load', 'train'].map((name) => ({ name, upstream: [], inputs: {}, outputs: [], attempts: 1 })),
};
const run = { id: 'run-id', name: 'training-1', stack: 'default', plan, metadata: {} };
const began = { state: 'running', attempt: 1 } as const;
const completed = { state: 'completed', artifacts: [], metadata: {} } as const;
/** Milliseconds. Holders beat six times in theirs; those that wait give them four times as long, as machines are busy. */
const holderLease = 600;
const leaseDuration = 2_400;

describeEachEngine('the lease of a run', (create) => {
  let location: StoreLocation;

  async function open(duration = leaseDuration): Promise<MetadataStore> {
    const store = await openStore({ ...location, leaseDuration: duration });
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  }

  /** A process that starts the run and a step of it, says so, and lives until it is ended. */
  async function startHolder(further = '', before = '') {
    const holder = runChild(
      location,
      `
      ${before}
      const store = await openStore({ ...location, leaseDuration: ${holderLease} });
      const lease = await store.runs.startRun(${JSON.stringify(run)});
      await store.runs.recordStep(lease, 'load', ${JSON.stringify(began)});
      console.log('began');
      const alive = setInterval(() => {}, 1000);
      ${further}
    `,
    );
    onTestFinished(() => void holder.child.kill('SIGKILL'));
    await once(holder.child.stdout, 'data');
    return holder;
  }

  /** Stops a process, but not in the middle of a write, which would hold the database itself. */
  async function stop({ child }: ReturnType<typeof runChild>): Promise<void> {
    await using engine = await openEngine(location);
    for (;;) {
      child.kill('SIGSTOP');
      // What it has sent arrives.
      await delay(50);
      const write = engine.write((database) =>
        database.updateTable('run_leases').set({ epoch: 1 }).where('run_id', '=', run.id).execute(),
      );
      if ((await Promise.race([write, delay(1_000)])) !== undefined) return;
      child.kill('SIGCONT');
      await write;
    }
  }

  beforeEach(async () => {
    location = await create();
    await using _ = await openStore({ ...location, create: true });
  });

  test('is held by whoever started the run, and by nobody else', async () => {
    const store = await open();
    const lease = await store.runs.startRun(run);
    expect(lease).toMatchObject({ runId: run.id, epoch: 1, lost: { aborted: false } });
    expect(await store.runs.getRun(run.id)).toMatchObject({ epoch: 1, holder: { pid: process.pid } });
    const held = { code: 'RUN_HELD', message: expect.stringContaining('is executed by this process since 2') };
    await expect(store.runs.claimRun(run.name)).rejects.toMatchObject(held);
    await expect((await open()).runs.claimRun(run.name)).rejects.toMatchObject(held);
    await expect(store.runs.claimRun('none')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('passes on when it is given back, and what the one before writes is refused', async () => {
    const [store, other] = [await open(), await open()];
    const first = await store.runs.startRun(run);
    await store.runs.recordStep(first, 'load', began);
    await first[Symbol.asyncDispose]();
    expect((await store.runs.getRun(run.id)).holder).toBeUndefined();
    const second = await other.runs.claimRun(run.name);
    expect(second.epoch).toBe(2);
    const lost = { code: 'RUN_LEASE_LOST', hint: expect.stringContaining('stack run describe training-1') };
    await expect(store.runs.recordStep(first, 'load', completed)).rejects.toMatchObject(lost);
    await expect(store.runs.recordStep(first, 'train', began)).rejects.toMatchObject(lost);
    await expect(store.runs.endRun(first, { state: 'completed' })).rejects.toMatchObject(lost);
    expect(await store.runs.listStepRuns(run.id)).toMatchObject([
      { state: 'pending', attempt: 1, interruptions: 1 },
      { state: 'pending', attempt: 0, interruptions: 0 },
    ]);
    // Giving back what is lost takes nothing from the one that has it.
    await first[Symbol.asyncDispose]();
    await other.runs.recordStep(second, 'load', { state: 'running', attempt: 2 });
    await other.runs.recordStep(second, 'load', completed);
    await other.runs.endRun(second, { state: 'completed' });
    expect(await store.runs.getRun(run.id)).toMatchObject({ state: 'completed', epoch: 2, holder: undefined });
    await expect(store.runs.claimRun(run.name)).rejects.toMatchObject({ code: 'RUN_NOT_RESUMABLE' });
  });

  test('is free at once when its process is killed, and one alone of many gets it', async () => {
    const holder = await startHolder();
    const store = await open();
    await expect(store.runs.claimRun(run.name)).rejects.toMatchObject({
      code: 'RUN_HELD',
      message: expect.stringContaining(`by the process ${holder.child.pid} on `),
    });
    const claimers = Array.from({ length: 6 }, () =>
      runChild(
        location,
        `
        const store = await openStore(location);
        await store.runs.claimRun('training-1').then(({ epoch }) => {
          console.log('epoch', epoch);
          setInterval(() => {}, 1000);
        }, ({ code }) => console.log(code));
      `,
      ),
    );
    holder.child.kill('SIGKILL');
    await holder.end;
    // Whoever got the run holds it until all others have tried.
    const ends: string[] = [];
    const all = claimers.map(async ({ end }) => {
      const { output, errors } = await end;
      ends.push((output + errors).trim());
      if (ends.length === claimers.length - 1) for (const other of claimers) other.child.kill('SIGKILL');
    });
    await Promise.all(all);
    expect(ends).toEqual([...Array(5).fill('RUN_HELD'), 'epoch 2']);
    // Who does not wait looks once.
    expect((await store.runs.getRun(run.name)).holder).toMatchObject({ hasEnded: true });
    const lease = await store.runs.claimRun(run.name);
    expect(lease.epoch).toBe(3);
    expect((await store.runs.listRuns())[0]?.holder).toMatchObject({ pid: process.pid, hasEnded: false });
    expect(await store.runs.listStepRuns(run.id)).toMatchObject([{ interruptions: 1 }, { interruptions: 0 }]);
  });

  test('is kept by a process that lives, however long another waits for it', async () => {
    const store = await open();
    await using _ = await store.runs.startRun(run);
    const signal = AbortSignal.timeout(leaseDuration * 1.5);
    const claim = (await open()).runs.claimRun(run.name, { wait: true, signal });
    await expect(claim).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|TimeoutError/) });
  });

  test('passes on to one that waits as soon as it is given back', async () => {
    const store = await open();
    const lease = await store.runs.startRun(run);
    const claim = (await open()).runs.claimRun(run.name, { wait: true });
    await delay(50);
    await lease[Symbol.asyncDispose]();
    expect((await claim).epoch).toBe(2);
  });

  test.each([
    ['on time', ''],
    ['hours ahead', 'const now = Date.now; Date.now = () => now() + 5 * 3_600_000;'],
    ['hours behind', 'const now = Date.now; Date.now = () => now() - 5 * 3_600_000;'],
  ])('of a process that is stopped is taken over, and lost when it wakes, its clock being %s', async (_, clock) => {
    const holder = await startHolder(
      `
      lease.lost.addEventListener('abort', async () => {
        console.log('lost', lease.lost.reason.code);
        await store.runs.recordStep(lease, 'load', ${JSON.stringify(completed)}).catch(({ code }) => console.log(code));
        process.exit();
      });
    `,
      clock,
    );
    const store = await open();
    // While it is awake it keeps the run, whatever its clock says.
    const signal = AbortSignal.timeout(leaseDuration * 1.25);
    await expect(store.runs.claimRun(run.name, { wait: true, signal })).rejects.not.toMatchObject({ epoch: 2 });
    await stop(holder);
    const impatient = await open(holderLease);
    await expect(impatient.runs.claimRun(run.name)).rejects.toMatchObject({ code: 'RUN_HELD' });
    const started = performance.now();
    const lease = await impatient.runs.claimRun(run.name, { wait: true });
    expect(performance.now() - started).toBeGreaterThan(holderLease / 2);
    expect(lease.epoch).toBe(2);
    await impatient.runs.recordStep(lease, 'load', { state: 'running', attempt: 2 });
    await impatient.runs.recordStep(lease, 'load', completed);
    holder.child.kill('SIGCONT');
    expect(await holder.end).toMatchObject({ output: 'began\nlost RUN_LEASE_LOST\nRUN_LEASE_LOST\n', errors: '' });
    expect(await store.runs.listStepRuns(run.id)).toMatchObject([{ attempt: 2, interruptions: 1 }, {}]);
  });

  test('is kept by a process that a step keeps busy, whoever waits for it', async () => {
    const holder = await startHolder(
      `setTimeout(() => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${leaseDuration * 2});
        console.log(lease.lost.aborted);
        process.exit();
      // The thread of the heartbeat starts meanwhile.
      }, ${holderLease});`,
    );
    const signal = AbortSignal.timeout(leaseDuration * 1.5);
    const claim = (await open()).runs.claimRun(run.name, { wait: true, signal });
    await expect(claim).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|TimeoutError/) });
    expect(await holder.end).toMatchObject({ output: 'began\nfalse\n', errors: '' });
  });

  test('is kept by a process that is busy before any step runs, once that is said', async () => {
    const { end, child } = runChild(
      location,
      `
      const store = await openStore({ ...location, leaseDuration: ${holderLease} });
      const lease = await store.runs.startRun(${JSON.stringify(run)});
      lease.keepWhileBusy();
      console.log('started');
      setTimeout(() => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${leaseDuration * 2});
        console.log(lease.lost.aborted);
        process.exit();
      }, ${holderLease});
    `,
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const signal = AbortSignal.timeout(leaseDuration * 1.5);
    const claim = (await open()).runs.claimRun(run.name, { wait: true, signal });
    await expect(claim).rejects.toMatchObject({ name: expect.stringMatching(/AbortError|TimeoutError/) });
    expect(await end).toMatchObject({ output: 'started\nfalse\n', errors: '' });
  });

  test('does not keep its process alive', async () => {
    const { end } = runChild(
      location,
      `const store = await openStore(location); await store.runs.startRun(${JSON.stringify(run)});`,
    );
    expect(await end).toMatchObject({ code: 0, errors: '' });
  });
});
