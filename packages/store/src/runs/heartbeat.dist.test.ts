import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Plan } from '@stack/core';
import { openStore } from '@stack/store';
import { expect, onTestFinished, test } from 'vitest';

const plan: Plan = {
  planVersion: 1,
  pipeline: 'training',
  source: undefined,
  parameters: {},
  steps: [{ name: 'load', upstream: [], inputs: {}, outputs: [], attempts: 1 }],
};

test('a thread of the built package raises heartbeats while a step keeps the process busy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stack-heartbeat-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'stack.db');
  await using store = await openStore({ file, create: true, leaseDuration: 600 });
  await using lease = await store.runs.startRun({ id: 'id', name: 'run', stack: 'default', plan, metadata: {} });
  await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
  using database = new DatabaseSync(file);
  const heartbeat = database.prepare('select heartbeat from run_leases');
  const before = heartbeat.get();
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let slept = 0; slept < 20_000 && heartbeat.get()?.heartbeat === before?.heartbeat; slept += 50) {
    Atomics.wait(sleeper, 0, 0, 50);
  }
  expect(heartbeat.get()?.heartbeat).toBeGreaterThan(Number(before?.heartbeat));
});

test.each(['sqlite', 'postgres'])('the built package has the program of the thread for %s', (folder) => {
  expect(existsSync(new URL(`${folder}/heartbeat-thread.js`, import.meta.resolve('@stack/store')))).toBe(true);
});
