import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { collectArtifacts } from '@stack/pipelines';
import { initProject } from '@stack/project';
import { expect, it } from 'vitest';
import { temporaryFolder } from './run-stack.ts';

const runs = 8;

it('a collection of everything takes nothing from the runs of other processes, which delete theirs', {
  timeout: 120_000,
}, async () => {
  using folder = temporaryFolder();
  const { project } = await initProject(folder.path, { integrationsFrom: [join(import.meta.dirname, '..')] });
  await using _ = project;
  await using store = await project.components.openArtifactStore({ component: 'default' });
  const told: unknown[] = [];
  const ends = ['first', 'second'].map((name) => {
    const program = join(import.meta.dirname, 'run-and-delete.ts');
    const child = fork(program, [folder.path, String(runs)], { execArgv: [] });
    child.on('message', (message) => told.push(message));
    return once(child, 'exit').then(([code]) => ({ name, code }));
  });
  let isOver = false;
  const over = Promise.all(ends).finally(() => {
    isOver = true;
  });
  let removed = 0;
  while (!isOver) {
    removed += (await collectArtifacts(store, project.runs, { olderThan: 0 })).objects.length;
    await delay(5);
  }
  expect(await over).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(told).toEqual(Array(2 * runs).fill({ artifacts: 22, damaged: 0 }));
  expect(removed).toBeGreaterThan(0);
  await collectArtifacts(store, project.runs, { olderThan: 0 });
  const left: string[] = [];
  for await (const { path } of store.walk('artifacts')) left.push(path);
  expect(left).toEqual([]);
});
