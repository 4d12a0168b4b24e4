/**
 * The process that is killed: runs a pipeline of 20 steps under a name, or goes on with the run of that name. Every time
 * that the function of a step is called it appends a line to a file, which no transaction takes back.
 *
 * node killed-run.ts FOLDER RUN LEASE_DURATION [wait]
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { localArtifactStoreFlavor, localOrchestratorFlavor } from '../../integrations/local/src/index.ts';
import { createComponent, createStack, StackError } from '../../packages/core/src/index.ts';
import { pipeline, type RunEvent, step } from '../../packages/pipelines/src/index.ts';
import { openStore } from '../../packages/store/src/index.ts';

const [folder = '', name = '', leaseDuration = '', wait] = process.argv.slice(2);

/** Milliseconds that a step takes, at most. */
const longestStep = 12;

function counted(step: string): Promise<void> {
  // One write in append mode: whole, whoever else writes. A kill may cut it at the end of a page, and what is left of it is no
  // part of the next line.
  appendFileSync(join(folder, 'calls.txt'), `\n${name} ${step}\n`);
  return delay(Math.random() * longestStep);
}

const source = step({ name: 'source' }, async (_: object, { step }) => {
  await counted(step);
  // Other bytes in every run.
  return Number(name.slice('run-'.length));
});
const double = step({ name: 'double' }, async ({ value }: { value: number }, { step }) => {
  await counted(step);
  return value * 2;
});
const increment = step({ name: 'increment' }, async ({ value }: { value: number }, { step }) => {
  await counted(step);
  return value + 1;
});
const sum = step({ name: 'sum' }, async ({ values }: { values: number[] }, { step }) => {
  await counted(step);
  return values.reduce((total, value) => total + value, 0);
});

/** 1 + 6 + 6 + 1 + 5 + 1 steps. */
const killed = pipeline({ name: 'killed', cache: false }, () => {
  const first = source({});
  const values = Array.from({ length: 6 }, () => increment({ value: double({ value: first }) }));
  const total = sum({ values });
  return sum({ values: Array.from({ length: 5 }, () => increment({ value: total })) });
});

await using store = await openStore({
  file: join(folder, 'stack.db'),
  create: true,
  leaseDuration: Number(leaseDuration),
});
const orchestrator = await createComponent(localOrchestratorFlavor, {
  name: 'local',
  config: {},
  settings: { concurrency: 3 },
});
const artifactStore = await createComponent(localArtifactStoreFlavor, {
  name: 'local',
  config: { path: join(folder, 'artifacts') },
});
await using stack = await createStack({ name: 'killed', orchestrator, artifactStore });

// Stopped by itself, between two turns of its loop: a process that is stopped within a write keeps the database locked.
process.on('SIGUSR2', () => process.kill(process.pid, 'SIGSTOP'));
console.log('ready');
try {
  const onEvent = ({ type }: RunEvent): void => {
    if (type === 'run-started' || type === 'run-resumed') console.log('running');
  };
  const options = { stack, runStore: store.runs, onEvent };
  const run = await (wait === undefined
    ? killed.run({}, { ...options, name })
    : killed.resume(name, { ...options, wait: true }));
  console.log(`${run.state} ${await run.result()}`);
} catch (error) {
  if (!StackError.is(error)) throw error;
  console.log(error.code);
}
