import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FaultProxy } from '@stack/testkit';
import { expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { postgres } from '../../../tools/backends/postgres.ts';
import { cleanEnvironment, stackBin, temporaryFolder, writeFiles } from './run-stack.ts';

const obstacle = await whyUnavailable(postgres);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

// What ran is counted outside of the store.
const pipeline = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
const count = (name: string) => appendFileSync('ran', name + '\\n');
const first = step({ name: 'first' }, () => { count('first'); return 1; });
const second = step({ name: 'second' }, async ({ value }: { value: number }) => {
  count('second');
  console.log('second has begun');
  while (!existsSync('go')) await setTimeout(20);
  return value + 1;
});
const third = step({ name: 'third' }, ({ value }: { value: number }) => { count('third'); return value + 1; });
export const counting = pipeline({ name: 'counting' }, () => third({ value: second({ value: first() }) }));
`;

it.skipIf(obstacle !== undefined)(
  `a run whose metadata store goes away ends with an error, and goes on once the store is back${reason}`,
  { timeout: 120_000 },
  async () => {
    await using server = await postgres.start();
    await using proxy = await FaultProxy.start(new URL(server.url));
    using folder = temporaryFolder();
    writeFiles(folder.path, { 'counting.ts': pipeline });
    const env = { ...cleanEnvironment, STACK_STORE_URL: proxy.endpoint.href };
    const stack = (...words: string[]) => asynchronously(folder.path, env, words);
    expect(await stack('init')).toMatchObject({ status: 0 });

    const run = spawn(process.execPath, [stackBin, 'pipeline', 'run', 'counting.ts#counting', '--run-name=lost'], {
      cwd: folder.path,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = Promise.all([text(run.stderr), once(run, 'exit')]);
    await new Promise<void>((resolve) => {
      run.stdout.on('data', (piece: Buffer) => {
        if (piece.toString().includes('second has begun')) resolve();
      });
    });
    await proxy.begin({ kind: 'refuse' });
    appendFileSync(join(folder.path, 'go'), '');
    const [stderr, [status]] = await printed;
    expect(stderr).toContain('error STORE_UNAVAILABLE');
    expect(stderr).toContain('stack run resume lost');
    expect(status).toBe(6);

    await proxy.end();
    expect(await stack('run', 'resume', 'lost')).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder.path, 'ran'), 'utf8').split('\n')).toEqual([
      'first',
      'second',
      'second',
      'third',
      '',
    ]);
  },
);

/** Runs a command while this process goes on, as the proxy in it has to. */
async function asynchronously(cwd: string, env: NodeJS.ProcessEnv, words: readonly string[]) {
  const child = spawn(process.execPath, [stackBin, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, status };
}
