import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { cleanEnvironment, stack, stackBin, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

// What ran is counted outside of the store.
const pipelines = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
const first = step({ name: 'first' }, () => { appendFileSync('ran', 'first\\n'); return 1; });
const second = step({ name: 'second' }, async ({ value }: { value: number }) => {
  appendFileSync('ran', 'second\\n');
  while (!existsSync('go')) await setTimeout(20);
  return value + 1;
});
export const counting = pipeline({ name: 'counting' }, () => second({ value: first() }));
export const quick = pipeline({ name: 'quick' }, () => first());
`;

it('a worker that waits goes on with a run whose process is killed, and deletes those that are not kept', async () => {
  using folder = temporaryFolder();
  const root = folder.path;
  writeFiles(root, { 'pipelines.ts': pipelines });
  stack(root, 'init');
  for (const name of ['old', 'new']) stack(root, 'pipeline', 'run', 'pipelines.ts#quick', `--run-name=${name}`);
  stack(root, 'run', 'retention', 'set', '--pipeline=quick', '--max-count=1');
  const start = (...words: string[]) =>
    spawn(process.execPath, [stackBin, ...words], {
      cwd: root,
      env: cleanEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  const worker = start('worker');
  let printed = '';
  for (const output of [worker.stdout, worker.stderr]) output.on('data', (piece: Buffer) => (printed += piece));
  const run = start('pipeline', 'run', 'pipelines.ts#counting', '--run-name=killed', '--no-cache');
  await vi.waitFor(() => expect(readFileSync(join(root, 'ran'), 'utf8')).toContain('second'), 20_000);
  run.kill('SIGKILL');
  await once(run, 'exit');
  writeFiles(root, { go: '' });
  await vi.waitFor(() => expect(printed).toContain('killed: completed'), 20_000);
  worker.kill('SIGTERM');
  expect(await once(worker, 'exit')).toEqual([0, null]);

  expect(readFileSync(join(root, 'ran'), 'utf8').split('\n').slice(-4)).toEqual(['first', 'second', 'second', '']);
  const { data } = stackJson<readonly { name: string; state: string }[]>(root, 'run', 'list');
  expect(data.map(({ name, state }) => [name, state])).toEqual([
    ['killed', 'completed'],
    ['new', 'completed'],
  ]);
});
