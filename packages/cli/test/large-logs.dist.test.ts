import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { cleanEnvironment, stack, stackBin, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const mebibytes = process.env.STACK_TEST_LONG === '1' ? 1024 : 96;
const linesOfMebibyte = 1024;

/** Prints lines of 1 KiB, and returns by how many bytes the process grew meanwhile. */
const printing = `
import { setImmediate } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
const print = step({ name: 'print' }, async () => {
  const line = 'x'.repeat(1023);
  const before = process.memoryUsage.rss();
  let peak = before;
  for (let mebibyte = 0; mebibyte < ${mebibytes}; mebibyte++) {
    for (let count = 0; count < ${linesOfMebibyte}; count++) console.log(line);
    peak = Math.max(peak, process.memoryUsage.rss());
    await setImmediate();
  }
  return peak - before;
});
export const much = pipeline({ name: 'much' }, () => print());
`;

it(`${mebibytes} MiB of logs take little memory, and each line is kept or told to be missing`, async () => {
  using folder = temporaryFolder();
  writeFiles(folder.path, { 'much.ts': printing });
  stack(folder.path, 'init');
  const { data } = stackJson<{ result: number }>(folder.path, 'pipeline', 'run', 'much.ts#much', '--run-name=much');
  expect(data.result / 2 ** 20).toBeLessThan(250);

  const reader = spawn(process.execPath, [stackBin, 'run', 'logs', 'much'], {
    cwd: folder.path,
    env: cleanEnvironment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(reader, 'exit');
  let lines = 0;
  for await (const line of createInterface({ input: reader.stdout })) {
    const missing = /(\d+) lines are missing here/.exec(line)?.[1];
    lines += missing === undefined ? 1 : Number(missing);
  }
  expect(await ended).toEqual([0, null]);
  expect(lines).toBe(mebibytes * linesOfMebibyte);
}, 600_000);
