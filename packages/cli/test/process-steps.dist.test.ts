import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { postgres } from '../../../tools/backends/postgres.ts';
import { cleanEnvironment, type JsonDocument, runStack, stackBin, temporaryFolder, writeFiles } from './run-stack.ts';

const noPostgres = await whyUnavailable(postgres);
const reason = noPostgres === undefined ? '' : ` (skipped: ${noPostgres})`;

const pipelines = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
const settings = { orchestrator: { isolation: 'process' } };
const count = (what: string) => appendFileSync('calls.txt', what + ' ' + process.pid + '\\n');

const load = step({ name: 'load', outputs: ['rows', 'process'], settings }, () => {
  console.log('loading in', process.pid);
  return { rows: [1, 2, 3], process: process.pid };
});
const double = step({ name: 'double', settings }, ({ row }: { row: number }) => row * 2);
const here = step({ name: 'here' }, ({ rows, loader }: { rows: number[]; loader: number }) => ({
  rows, isOther: loader !== process.pid,
}));
export const good = pipeline({ name: 'good' }, () => {
  const { rows, process: loader } = load();
  return here({ rows: double.map(rows, (row) => ({ row })), loader });
});

const keep = step({ name: 'keep', settings }, async (_input: object, context) => {
  await context.saveArtifact('notes/kept', { at: new Date(0) }, { tags: ['newest'], metadata: { pages: 3 } });
  context.logMetadata({ rows: 2n.toString() });
  context.logMetadata({ accuracy: 0.9 }, 'run');
  context.logMetadata({ kind: 'forest' }, { output: 'output' });
  return 'kept in ' + process.pid;
});
const use = step({ name: 'use', settings }, async ({ said }: { said: string }, context) => {
  const { at } = (await context.loadArtifact('notes/kept@newest')) as { at: Date };
  return said !== 'kept in ' + process.pid && at instanceof Date && at.getTime();
});
const misuse = step({ name: 'misuse', settings }, async (_input: object, context) => {
  const refused: string[] = [];
  const note = (error: { code: string }) => void refused.push(error.code);
  await context.saveArtifact('not a name', 1).catch(note);
  await context.loadArtifact('notes/none').catch(note);
  try { context.logMetadata({ rows: 1 }, { output: 'none' }); } catch (error) { note(error as { code: string }); }
  return refused;
});
export const saving = pipeline({ name: 'saving' }, () => keep({}));
export const keeping = pipeline({ name: 'keeping' }, () => ({ used: use({ said: keep({}) }), refused: misuse({}) }));

const crash = step({ name: 'crash', settings, retry: { attempts: 2, baseDelay: 1 } }, (_input: object, context) => {
  writeFileSync(join(context.temporaryFolder, 'left'), 'left');
  console.error('about to crash');
  process.abort();
});
const exit = step({ name: 'exit', settings }, () => process.exit(3));
const block = step({ name: 'block', settings, timeout: 100 }, () => { for (;;); });
const leak = step({ name: 'leak', settings: { orchestrator: { isolation: 'process', memoryLimit: 256 } } }, async () => {
  const held: Buffer[] = [];
  for (;;) { held.push(Buffer.alloc(4_000_000, 1)); await setTimeout(2); }
});
const throws = step({ name: 'throws', settings }, () => { throw new RangeError('too far'); });
const spawns = step({ name: 'spawns', settings }, async (_input: object, context) => {
  await context.spawn('no-such-program');
});
const callback = step({ name: 'callback', settings }, async () => {
  globalThis.setTimeout(() => { throw new Error('from a callback'); }, 1);
  await setTimeout(60_000);
});
const stranded = step({ name: 'stranded', settings }, () => new Promise(() => {}));
const well = step({ name: 'well', settings }, () => 'well');
export const bad = pipeline({ name: 'bad' }, () => {
  crash({}); exit(); block(); leak(); throws(); spawns({}); callback(); stranded(); well();
});

const open = step({ name: 'open', settings }, (_input: object, { parameters }) => {
  return readFileSync('/proc/self/cmdline', 'utf8').includes(String(parameters.password));
});
export const opening = pipeline({ name: 'opening', parameters: z.object({ password: z.string() }) }, () => open({}));

const first = step({ name: 'first', settings, cache: false }, () => { count('first'); return 1; });
const slow = step({ name: 'slow', settings, cache: false }, ({ value }: { value: number }, context) => {
  writeFileSync(join(context.temporaryFolder, 'left'), 'left');
  count('slow');
  while (!existsSync('go-on')) {}
  return value + 1;
});
export const slowly = pipeline({ name: 'slowly' }, () => slow({ value: first() }));

const stops = step({ name: 'stops', settings }, async (_input: object, { signal }) => {
  console.log('waiting in', process.pid);
  await setTimeout(60_000, undefined, { signal }).catch(() => console.log('told to stop'));
});
export const stopping = pipeline({ name: 'stopping' }, () => stops({}));

// It would keep a run that is cancelled waiting.
const stubborn = step({ name: 'stubborn', settings }, async () => {
  console.log('waiting in', process.pid);
  await setTimeout(60_000);
});
export const staying = pipeline({ name: 'staying' }, () => stubborn());
`;

interface Run {
  readonly state: string;
  readonly result: unknown;
  readonly steps: readonly {
    readonly step: string;
    readonly state: string;
    readonly attempt: number;
    readonly error?: { readonly code: string; readonly message: string; readonly stack?: string };
  }[];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 25_000; waited += 50) await delay(50);
  expect(condition()).toBe(true);
}

describe.each([
  { store: 'SQLite', obstacle: undefined },
  { store: `PostgreSQL${reason}`, obstacle: noPostgres },
])('steps in processes of their own, with a store in $store', { timeout: 90_000 }, ({ store, obstacle }) => {
  const folder = temporaryFolder();
  const root = folder.path;
  const temporary = join(root, 'temporary');
  const env: NodeJS.ProcessEnv = { ...cleanEnvironment, TMPDIR: temporary };
  let server: (AsyncDisposable & { readonly url: string }) | undefined;
  const test = it.skipIf(obstacle !== undefined);

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    if (store !== 'SQLite') {
      server = await postgres.start();
      env.STACK_STORE_URL = server.url;
    }
    mkdirSync(temporary);
    writeFiles(root, { 'pipelines.ts': pipelines });
    stack('init');
  }, 60_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  function stack(...words: string[]): string {
    const { status, stdout, stderr } = runStack(root, words, { env, timeout: 80_000 });
    expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: '' });
    return stdout;
  }

  function stackJson<Data>(...words: string[]): JsonDocument<Data> {
    return JSON.parse(runStack(root, [...words, '--json'], { env, timeout: 80_000 }).stdout) as JsonDocument<Data>;
  }

  function startRun(...words: string[]): ChildProcess {
    return spawn(process.execPath, [stackBin, ...words], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  function calls(): readonly (readonly [step: string, pid: number])[] {
    try {
      const lines = readFileSync(join(root, 'calls.txt'), 'utf8').trim().split('\n');
      return lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])] as const);
    } catch {
      return [];
    }
  }

  /** Folders of steps that are left. */
  const leftFolders = () => readdirSync(temporary).filter((name) => name.startsWith('stack-'));

  test('run beside steps of this process, and their output is in their logs', () => {
    const { data } = stackJson<Run>('pipeline', 'run', 'pipelines.ts#good', '--run-name', 'good');
    expect(data).toMatchObject({ state: 'completed', result: { rows: [2, 4, 6], isOther: true } });
    expect(stack('run', 'logs', 'good', 'load')).toContain('loading in');
  });

  test('save, load and log as elsewhere, and what they may not is refused there', () => {
    const { data } = stackJson<Run>('pipeline', 'run', 'pipelines.ts#keeping', '--run-name', 'keeping', '--no-cache');
    expect(data).toMatchObject({
      state: 'completed',
      result: { used: 0, refused: ['ARGUMENT_INVALID', 'ARTIFACT_NOT_FOUND', 'ARGUMENT_INVALID'] },
    });
    const { data: run } = stackJson<{ readonly metadata: object; readonly steps: readonly { metadata: object }[] }>(
      ...['run', 'describe', 'keeping'],
    );
    expect(run.metadata).toMatchObject({ logged: { accuracy: 0.9 } });
    expect(run.steps[0]?.metadata).toMatchObject({ logged: { rows: '2' }, loggedOfRun: { accuracy: 0.9 } });
    const { data: kept } = stackJson<object>('artifact', 'describe', 'notes/kept');
    expect(kept).toMatchObject({ version: 1, tags: ['newest'], metadata: { pages: 3 }, step: 'keep' });
    expect(stackJson<object>('artifact', 'describe', 'keeping/keep/output').data).toMatchObject({
      metadata: { kind: 'forest' },
    });
    expect(
      stackJson<{ links: object[] }>('artifact', 'lineage', 'keeping/use/output', '--up').data.links,
    ).toMatchObject([{ input: 'said' }, { input: 'notes/kept@newest' }]);
  });

  test('give what they saved and logged along with a result from the cache', () => {
    for (const name of ['saved', 'saved-again']) stack('pipeline', 'run', 'pipelines.ts#saving', '--run-name', name);
    const { data } = stackJson<{ readonly metadata: object; readonly steps: readonly object[] }>(
      ...['run', 'describe', 'saved-again'],
    );
    expect(data).toMatchObject({ metadata: { logged: { accuracy: 0.9 } }, steps: [{ caching: { state: 'cached' } }] });
    expect(stackJson<object>('artifact', 'describe', 'notes/kept').data).toMatchObject({ metadata: { pages: 3 } });
  });

  test('end with the process that holds the run when it is killed, and are run again when the run goes on', async () => {
    const holder = startRun('pipeline', 'run', 'pipelines.ts#slowly', '--run-name', 'killed');
    await until(() => calls().some(([step]) => step === 'slow'));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const [, left = 0] = calls().find(([step]) => step === 'slow') ?? [];
    // It blocks its process, and ends all the same.
    await until(() => !isAlive(left));
    expect(leftFolders()).toEqual([]);
    writeFiles(root, { 'go-on': '' });
    const { data } = stackJson<Run>('run', 'resume', 'killed');
    expect(data).toMatchObject({ state: 'completed', result: 2 });
    expect(calls().map(([step]) => step)).toEqual(['first', 'slow', 'slow']);
  });

  // What does not depend on the store.
  if (store === 'SQLite') {
    it('fail alone, each with its reason, whatever they do to their process', () => {
      const { data } = stackJson<Run>('pipeline', 'run', 'pipelines.ts#bad', '--run-name', 'bad');
      const ends = data.steps.map(({ step, state, attempt, error }) => [step, error?.code ?? state, attempt]);
      expect(ends).toEqual([
        ['crash', 'STEP_PROCESS_ENDED', 2],
        ['exit', 'STEP_PROCESS_ENDED', 1],
        ['block', 'TIMEOUT', 1],
        ['leak', 'STEP_MEMORY_EXCEEDED', 1],
        ['throws', 'STEP_FAILED', 1],
        ['spawns', 'PROGRAM_FAILED', 1],
        ['callback', 'STEP_FAILED', 1],
        ['stranded', 'STEP_FAILED', 1],
        ['well', 'completed', 1],
      ]);
      const messageOf = (name: string) => data.steps.find(({ step }) => step === name)?.error;
      expect(messageOf('crash')?.message).toContain('SIGABRT');
      expect(messageOf('exit')?.message).toContain('exit code 3');
      expect(messageOf('throws')?.stack).toMatch(/^RangeError: too far\n.*pipelines\.ts/);
      // Where the step is in it, not what it called.
      expect(messageOf('spawns')?.stack).toMatch(/^StackError: .*no-such-program.*\n +at .*pipelines\.ts/);
      expect(messageOf('callback')?.message).toContain('from a callback');
      expect(stack('run', 'logs', 'bad', 'crash')).toContain('about to crash');
      expect(leftFolders()).toEqual([]);
    });

    it('are given parameters by no command line', () => {
      const { data } = stackJson<Run>('pipeline', 'run', 'pipelines.ts#opening', '--password', 'swordfish-300');
      expect(data).toMatchObject({ state: 'completed', result: false });
    });

    it('are told to stop when the run is cancelled, and ended at once the second time', async () => {
      for (const [name, times] of [
        ['stopping', 1],
        ['staying', 2],
      ] as const) {
        const holder = startRun('pipeline', 'run', `pipelines.ts#${name}`, '--run-name', name);
        let printed = '';
        holder.stdout?.on('data', (chunk: Buffer) => (printed += chunk));
        await until(() => /waiting in \d+\n/.test(printed));
        const [, process = ''] = /waiting in (\d+)/.exec(printed) ?? [];
        holder.kill('SIGINT');
        if (times === 2) {
          await until(() => printed.includes('Cancelling'));
          holder.kill('SIGINT');
        }
        const [exitCode] = (await once(holder, 'exit')) as [number];
        expect(exitCode).toBe(130);
        await until(() => !isAlive(Number(process)));
        const { data } = stackJson<Run>('run', 'describe', name);
        expect(data.state).toBe(times === 1 ? 'cancelled' : 'running');
      }
      expect(stack('run', 'logs', 'stopping', 'stops')).toContain('told to stop');
    });
  }
});
