import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { cleanEnvironment, stack, stackBin, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const mebibytes = process.env.STACK_TEST_LONG === '1' ? 1024 : 96;
const linesOfMebibyte = 1024;

/** Prints lines of 1 KiB, and returns by how many bytes the process grew meanwhile. */
const printing = (mebibytes: number) => `
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

/** Prints the log of the run `much`, which goes to the returned process through a pipe. */
function readLog(folder: string) {
  const reader = spawn(process.execPath, [stackBin, 'run', 'logs', 'much'], {
    cwd: folder,
    env: cleanEnvironment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { output: reader.stdout, ended: once(reader, 'exit') };
}

it(`${mebibytes} MiB of logs take little memory, and each line is kept or told to be missing`, async () => {
  using folder = temporaryFolder();
  writeFiles(folder.path, { 'much.ts': printing(mebibytes) });
  stack(folder.path, 'init');
  const { data } = stackJson<{ result: number }>(folder.path, 'pipeline', 'run', 'much.ts#much', '--run-name=much');
  // What is held is 16 MiB; the rest is garbage that is not collected yet, of 1 GiB as of 96 MiB.
  expect(data.result / 2 ** 20).toBeLessThan(400);

  const { output, ended } = readLog(folder.path);
  let lines = 0;
  for await (const line of createInterface({ input: output })) {
    const missing = /(\d+) lines are missing here/.exec(line)?.[1];
    lines += missing === undefined ? 1 : Number(missing);
  }
  expect(await ended).toEqual([0, null]);
  expect(lines).toBe(mebibytes * linesOfMebibyte);
}, 600_000);

it('a log is printed to its end when its reader is slower than the command', async () => {
  using folder = temporaryFolder();
  writeFiles(folder.path, { 'much.ts': printing(2) });
  stack(folder.path, 'init');
  stackJson(folder.path, 'pipeline', 'run', 'much.ts#much', '--run-name=much');

  const { output, ended } = readLog(folder.path);
  let bytes = 0;
  for await (const chunk of output) {
    bytes += (chunk as Buffer).length;
    await setTimeout(10);
  }
  expect(await ended).toEqual([0, null]);
  expect(bytes).toBe(2 * linesOfMebibyte * ('print | '.length + 1024));
});
