/**
 * The pipeline of 20 steps whose processes are killed. Every time that the function of a step is called it appends a line to a
 * file, which no transaction takes back. Steps that have a process of their own get the environment of the run.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pipeline, step } from '../../packages/pipelines/src/index.ts';

const { KILLED_FOLDER: folder = '', KILLED_RUN: name = '', KILLED_ISOLATION: isolation = '' } = process.env;

/** Milliseconds that a step takes, at most. */
const longestStep = 12;

const apart = isolation === 'process' ? { settings: { orchestrator: { isolation } } } : {};

function counted(step: string): Promise<void> {
  // One write in append mode: whole, whoever else writes. A kill may cut it at the end of a page, and what is left of it is no
  // part of the next line.
  appendFileSync(join(folder, 'calls.txt'), `\n${name} ${step}\n`);
  if (process.env.STACK_STEP_FOLDER !== undefined) appendFileSync(join(folder, 'process-calls.txt'), `\n${step}\n`);
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
/** Two of the steps: in a process of its own, where the run is to have some. A kill leaves its temporary folder. */
const sum = step({ name: 'sum', ...apart }, async ({ values }: { values: number[] }, { step, temporaryFolder }) => {
  writeFileSync(join(temporaryFolder, 'values.json'), JSON.stringify(values));
  await counted(step);
  return values.reduce((total, value) => total + value, 0);
});

/** 1 + 6 + 6 + 1 + 5 + 1 steps. */
export const killed = pipeline({ name: 'killed', cache: false }, () => {
  const first = source({});
  const values = Array.from({ length: 6 }, () => increment({ value: double({ value: first }) }));
  const total = sum({ values });
  return sum({ values: Array.from({ length: 5 }, () => increment({ value: total })) });
});
