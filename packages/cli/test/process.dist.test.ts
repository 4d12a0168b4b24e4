import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cleanEnvironment,
  runStack,
  stack,
  stackBin,
  stackJson,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

const slowPipeline = `
import { setTimeout } from 'node:timers/promises';
import { pipeline, step } from '@stack/pipelines';
const first = step({ name: 'first' }, () => 'kept');
const slow = step({ name: 'slow' }, async ({ input }: { input: string }, { signal }) => {
  console.log('slow has begun');
  await setTimeout(60_000, undefined, { signal });
  return input;
});
const stubborn = step({ name: 'stubborn' }, async () => {
  console.log('slow has begun');
  await setTimeout(60_000);
});
const last = step({ name: 'last' }, ({ input }: { input: string }) => input);
export const slowly = pipeline({ name: 'slowly' }, () => last({ input: slow({ input: first() }) }));
export const stubbornly = pipeline({ name: 'stubbornly' }, () => stubborn());
`;

beforeAll(() => {
  writeFiles(root, {
    'slow.ts': slowPipeline,
    'training.ts': trainingPipeline,
    'rows.ts': 'export const rows = [1, 2, 3];',
  });
  stack(root, 'init');
});

afterAll(() => folder[Symbol.dispose]());

async function startRun(...words: string[]): Promise<ChildProcess & { readonly printed: Promise<string> }> {
  const child = spawn(process.execPath, [stackBin, 'pipeline', 'run', ...words], {
    cwd: root,
    env: cleanEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = text(child.stdout);
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('slow has begun')) resolve();
    });
  });
  return Object.assign(child, { printed });
}

describe('^C during a run', () => {
  it('cancels it: exit 130, recorded as cancelled, what was complete is kept', async () => {
    const child = await startRun('slow.ts#slowly', '--run-name=interrupted');
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect(status).toBe(130);
    expect(await child.printed).toContain('Cancelling the run');
    const { data } = stackJson<{ state: string; artifacts: { id: string }[] }>(root, 'run', 'describe', 'interrupted');
    expect(data).toMatchObject({
      state: 'cancelled',
      steps: [
        { step: 'first', state: 'completed' },
        { step: 'slow', state: 'cancelled' },
        { step: 'last', state: 'skipped' },
      ],
      artifacts: [{ step: 'first' }],
    });
    expect(stack(root, 'artifact', 'cat', data.artifacts[0]?.id ?? '')).toBe('kept');
    const staging = join(root, '.stack', 'artifacts', '.stack-staging');
    expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([]);
  });

  it('a second time ends the command at once', async () => {
    const child = await startRun('slow.ts#stubbornly', '--run-name=given-up');
    child.kill('SIGINT');
    await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    const [status] = await once(child, 'exit');
    expect(status).toBe(130);
    // A cancelled step that does not stop is waited for for 5 seconds, and then recorded.
    expect(stackJson(root, 'run', 'describe', 'given-up')).toMatchObject({ data: { state: 'running' } });
  });
});

describe('an output that nobody reads', () => {
  it('ends the command quietly', () => {
    const command = `'${process.execPath}' '${stackBin}' --help | head -1`;
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; ${command}; echo "status \${PIPESTATUS[0]}" >&2`],
      {
        cwd: root,
        env: cleanEnvironment,
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('Usage: stack COMMAND [options]\n');
    expect(stderr).toBe('status 0\n');
  });

  it('does not end a run that was begun', async () => {
    const child = spawn(process.execPath, [stackBin, 'pipeline', 'run', 'training.ts#training', '--run-name=unread'], {
      cwd: root,
      env: cleanEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const printed = text(child.stderr);
    const [status] = await once(child, 'exit');
    expect({ status, printed: await printed }).toEqual({ status: 0, printed: '' });
    expect(stackJson(root, 'run', 'describe', 'unread')).toMatchObject({ data: { state: 'completed' } });
  });
});

describe('a closed standard input', () => {
  it('never hangs a command', () => {
    const { status, stdout } = spawnSync('bash', ['-c', `'${process.execPath}' '${stackBin}' status <&-`], {
      cwd: root,
      env: cleanEnvironment,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(status).toBe(0);
    expect(stdout).toContain('active stack');
  });
});

describe('colour', () => {
  const printHelp = `
    Object.defineProperty(process.stdout, 'isTTY', { value: true });
    Object.defineProperty(process.stdout, 'columns', { value: 60 });
  `;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(printHelp)}`];

  it('is there on a terminal, and lines fit it', () => {
    const { stdout } = runStack(root, ['--help'], { nodeOptions: preload });
    expect(stdout).toContain('\u001b[1m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it begins a colour
    const lines = stdout.replaceAll(/\u001b\[\d+m/g, '').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it('is not there with NO_COLOR, nor without a terminal', () => {
    const env = { ...cleanEnvironment, NO_COLOR: '1' };
    expect(runStack(root, ['--help'], { nodeOptions: preload, env }).stdout).not.toContain('\u001b');
    const forced = { ...cleanEnvironment, FORCE_COLOR: '1' };
    expect(runStack(root, ['--help'], { env: forced }).stdout).not.toContain('\u001b');
  });
});

describe('the start of a command', () => {
  const recorder = `
    import { registerHooks } from 'node:module';
    import { writeSync } from 'node:fs';
    registerHooks({ load: (url, context, next) => { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); } });
  `;
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(recorder)}`];

  function loadedModules(...words: string[]): string[] {
    const { stderr, status } = runStack(root, words, { nodeOptions: preload });
    expect(status).toBe(0);
    return stderr.split('\n').flatMap((line) => (line.startsWith('loads ') ? [line.slice('loads '.length)] : []));
  }

  const heavy = /\/(?:zod|pipelines|store|integrations|integration-local)\//;

  it.each([
    ['--help'],
    ['artifact-store flavor list'],
    ['artifact-store flavor describe local'],
    ['integration list'],
    ['version'],
    ['__complete artifact-store register x --flavor='],
    ['__complete stack describe d'],
  ])('loads no zod, no query builder and no integration for %s', (words) => {
    const loaded = loadedModules(...words.split(' ')).filter((url) => url.startsWith('file:'));
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
    expect(loaded.map((url) => url.split('/').at(-1))).toEqual(['stack.js', 'main.cjs']);
  });

  it('loads them where they are needed, and the recorder sees it', () => {
    const loaded = loadedModules('pipeline', 'run', 'training.ts#training').join('\n');
    for (const name of ['/zod/', '/pipelines/', '/store/', 'integration', 'implementation.js'])
      expect(loaded).toContain(name);
  });
});

describe('an old Node', () => {
  it('is told what is needed, in one line, with 5', () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' });`;
    const { status, stderr, stdout } = runStack(root, ['status'], {
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(old)}`],
    });
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(/^error NODE_TOO_OLD: .*\nhint: .*\n$/);
  });
});
