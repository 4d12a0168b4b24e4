import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  cleanEnvironment,
  type JsonDocument,
  runStack,
  stack,
  stackBin,
  stackJson,
  temporaryFolder,
  writeFiles,
} from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

const pipelines = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
const load = step({ name: 'load' }, () => 1);
const fail = step({ name: 'fail' }, () => {
  if (!existsSync('mended')) throw new Error('it fails');
  return 'well';
});
const parameters = z.object({ maxRows: z.number().default(5), title: z.string(), tags: z.array(z.string()).default([]) });
export const training = pipeline({ name: 'training', parameters }, ({ title }) => {
  load();
  fail();
});
const known = step({ name: 'known' }, () => 1);
const unknown = step({ name: 'unknown' }, async ({ value }: { value: number }) => {
  await import(['node:', 'os'].join(''));
  writeFileSync('began', '');
  while (!existsSync('go-on')) await setTimeout(10);
  return value + 1;
});
export const waiting = pipeline({ name: 'waiting' }, () => unknown({ value: known() }));
`;

function resume(run: string): JsonDocument {
  return JSON.parse(runStack(root, ['run', 'resume', run, '--json']).stdout) as JsonDocument;
}

beforeAll(() => {
  writeFiles(root, { 'package.json': '{ "type": "module" }', 'pipelines.ts': pipelines });
  stack(root, 'init');
});

afterAll(() => folder[Symbol.dispose]());

describe('stack run resume', () => {
  it('refuses a run that failed, with the command that runs its pipeline again', () => {
    const given = ['--title=@home, it\'s "mine"', '--tags=["a b"]'];
    const words = ['pipeline', 'run', 'pipelines.ts#training', '--run-name=failed', ...given];
    expect(runStack(root, words).status).toBe(1);
    const { error } = resume('failed');
    expect(error).toMatchObject({ code: 'RUN_NOT_RESUMABLE', message: 'The run "failed" has ended: failed.' });
    const [, command = ''] =
      /^What it completed comes from the cache\. Run its pipeline again: stack (.*)$/.exec(error.hint ?? '') ?? [];
    writeFiles(root, { mended: '' });
    // As the shell reads it.
    const printed = runShell(`exec "$0" "$1" ${command} --run-name=again --json`);
    const { data } = JSON.parse(printed) as JsonDocument<{
      readonly state: string;
      readonly steps: readonly { readonly step: string; readonly caching?: { readonly state: string } }[];
    }>;
    expect(data.state).toBe('completed');
    const { data: described } = stackJson<{ readonly plan: { readonly parameters: unknown } }>(
      ...[root, 'run', 'describe', 'again'],
    );
    expect(described.plan.parameters).toEqual({ maxRows: 5, title: '@home, it\'s "mine"', tags: ['a b'] });
    expect(data.steps.map(({ step, caching }) => [step, caching?.state])).toEqual([
      ['load', 'cached'],
      ['fail', 'computed'],
    ]);
    expect(resume('again').error.hint).toMatch(/^Run its pipeline again: stack pipeline run pipelines\.ts#training /);
  });

  it('names the steps of which it cannot know whether their code has changed', async () => {
    const run = spawn(process.execPath, [stackBin, 'pipeline', 'run', 'pipelines.ts#waiting', '--run-name=killed'], {
      cwd: root,
      env: cleanEnvironment,
      stdio: 'ignore',
    });
    await vi.waitFor(() => expect(existsSync(join(root, 'began'))).toBe(true), 20_000);
    run.kill('SIGKILL');
    await once(run, 'exit');
    expect(stack(root, 'run', 'list')).toMatch(/^killed .* running, left /m);
    const left = 'nobody any more; it goes on with: stack run resume killed';
    expect(stack(root, 'run', 'describe', 'killed')).toContain(left);
    const following = spawn(process.execPath, [stackBin, 'run', 'logs', 'killed', '--follow'], {
      cwd: root,
      env: cleanEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [told] = (await once(following.stderr, 'data')) as [Buffer];
    expect(told.toString()).toBe('Nobody executes it any more. It goes on with: stack run resume killed\n');
    // Nobody can tell: what it imports is put together while it runs.
    const changed = pipelines.replace('value + 1', 'value + 2');
    writeFiles(root, { 'pipelines.ts': changed, 'go-on': '' });
    const printed = stack(root, 'run', 'resume', 'killed');
    expect(printed).toContain('it is not known whether the code has changed of unknown\n');
    expect(printed).toContain('unknown: completed');
    if (following.exitCode === null) await once(following, 'exit');
    expect(following.exitCode).toBe(0);
  });
});

function runShell(script: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, stackBin], {
    cwd: root,
    env: cleanEnvironment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${script}: exit ${status}\n${stderr}\n${stdout}`);
  return stdout;
}
