import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cleanEnvironment,
  diskFlavor,
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

const orchestratorFlavor = `
import { defineFlavor } from '@stack/core';
import * as z from 'zod';
export const slowFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'slow',
  configSchema: z.object({}),
  implementation: () => import('./slow-implementation.ts'),
});
`;

const pipelines = `
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
const fail = step({ name: 'fail' }, () => {
  throw new Error('no rows, and the key is ' + process.env.STACK_SECRET_DISK__KEY);
});
const after = step({ name: 'after' }, ({ input }: { input: unknown }) => input);
export const failing = pipeline({ name: 'failing' }, () => after({ input: fail() }));
const print = step({ name: 'print' }, () => {
  console.log('to the log');
  return 1;
});
export const printing = pipeline({ name: 'printing', parameters: z.object({ rate: z.number() }) }, () => print());
const wait = step({ name: 'wait' }, () => new Promise(() => {}));
export const waiting = pipeline({ name: 'waiting' }, () => wait());
const exit = step({ name: 'exit' }, () => process.exit(0));
export const exiting = pipeline({ name: 'exiting' }, () => exit());
const forget = step({ name: 'forget' }, async () => {
  void Promise.reject(new Error('nobody awaits this'));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
});
export const forgetting = pipeline({ name: 'forgetting' }, () => forget());
console.log('a module that prints');
`;

beforeAll(() => {
  writeFiles(root, {
    'disk.ts': diskFlavor,
    'slow.ts': orchestratorFlavor,
    'enum.ts': `export enum Colour { Red }\n${diskFlavor}`,
    'exits.ts': `process.exit(0);`,
    'late.ts': `setTimeout(() => {\n  throw new Error('too late');\n});\nawait new Promise(() => setTimeout(() => {}, 5_000));`,
    'folder/a-file': '',
    'throws.ts': `throw new Error('no luck');`,
    'never.ts': `await new Promise(() => {});\nexport const never = 1;`,
    'pipelines.ts': pipelines,
  });
  stack(root, 'init');
  stack(root, 'artifact-store', 'flavor', 'register', 'disk.ts#diskFlavor');
  stack(root, 'artifact-store', 'register', 'prod', '--flavor=disk', '--path=disk://a');
  stack(root, 'register', 'mine', '--artifact-store=prod', '--orchestrator=default');
});

afterAll(() => folder[Symbol.dispose]());

interface Failure {
  readonly words: string;
  readonly code: string;
  readonly status: number;
  readonly hint: string;
}

describe('a wrong command line fails with a code, a hint and an exit code', () => {
  it.each<Failure>([
    { words: 'artifact-store register x --flavor=disk --path=s3://a', code: 'CONFIG_INVALID', status: 2, hint: '' },
    {
      words: 'artifact-store register x --flavor=disc --path=disk://a',
      code: 'FLAVOR_NOT_FOUND',
      status: 3,
      hint: '"disk"',
    },
    {
      words: 'artifact-store register x --flavor=disk --path=disk://a --max-retreis=1',
      code: 'OPTION_UNKNOWN',
      status: 2,
      hint: '--max-retries',
    },
    { words: 'artifact-store register x --flavor=disk', code: 'CONFIG_INVALID', status: 2, hint: '' },
    { words: 'artifact-store register x --flavor=disk --path', code: 'CONFIG_INVALID', status: 2, hint: '' },
    {
      words: 'artifact-store register x --flavor=disk --path=disk://a --access-key=hunter2',
      code: 'CONFIG_INVALID',
      status: 2,
      hint: 'stack secret create artifact-store-x --accessKey=VALUE',
    },
    { words: 'artifact-store register x --path=disk://a', code: 'OPTION_MISSING', status: 2, hint: '--flavor' },
    { words: 'artifact-store register --flavor=disk --path=disk://a', code: 'OPTION_MISSING', status: 2, hint: 'NAME' },
    {
      words: 'artifact-store register prod --flavor=disk --path=disk://a',
      code: 'ALREADY_EXISTS',
      status: 4,
      hint: 'describe prod',
    },
    {
      words: 'artifact-store register x y --flavor=disk --path=disk://a',
      code: 'ARGUMENT_INVALID',
      status: 2,
      hint: 'Usage: stack artifact-store register NAME',
    },
    {
      words: 'artifact-store register x --flavor=disk --set path',
      code: 'ARGUMENT_INVALID',
      status: 2,
      hint: 'key=value',
    },
    {
      words: 'artifact-store flavor register disk.ts#diskFlavor',
      code: 'ALREADY_EXISTS',
      status: 4,
      hint: 'describe disk',
    },
    {
      words: 'artifact-store flavor register slow.ts#slowFlavor',
      code: 'FLAVOR_TYPE_MISMATCH',
      status: 2,
      hint: 'stack orchestrator flavor register',
    },
    {
      words: 'artifact-store flavor register enum.ts#diskFlavor',
      code: 'MODULE_LOAD_FAILED',
      status: 2,
      hint: 'erasableSyntaxOnly',
    },
    { words: 'artifact-store flavor register throws.ts#x', code: 'MODULE_LOAD_FAILED', status: 2, hint: 'throws.ts:1' },
    {
      words: 'artifact-store flavor register never.ts#never',
      code: 'MODULE_LOAD_FAILED',
      status: 2,
      hint: 'top level awaits',
    },
    { words: 'artifact-store flavor register exits.ts#x', code: 'MODULE_LOAD_FAILED', status: 2, hint: 'exits.ts:1' },
    { words: 'artifact-store flavor register late.ts#late', code: 'INTERNAL', status: 70, hint: 'STACK_DEBUG=1' },
    { words: 'pipeline run pipelines#failing', code: 'MODULE_NOT_FOUND', status: 3, hint: 'pipelines.ts#EXPORT' },
    { words: 'pipeline run ./folder#failing', code: 'MODULE_NOT_FOUND', status: 3, hint: 'relative to' },
    {
      words: 'artifact-store flavor register disk.ts#diskFlavour',
      code: 'EXPORT_NOT_FOUND',
      status: 3,
      hint: '"diskFlavor"',
    },
    {
      words: 'artifact-store flavor register disc.ts#diskFlavor',
      code: 'MODULE_NOT_FOUND',
      status: 3,
      hint: 'relative to the root',
    },
    { words: 'artifact-store flavor describe disc', code: 'FLAVOR_NOT_FOUND', status: 3, hint: '"disk"' },
    { words: 'artifact-store delete prod', code: 'IN_USE', status: 4, hint: 'stacks' },
    { words: 'artifact-store delete default', code: 'PROTECTED', status: 4, hint: 'copy' },
    { words: 'artifact-store describe prd', code: 'COMPONENT_NOT_FOUND', status: 3, hint: '"prod"' },
    { words: 'delete default', code: 'PROTECTED', status: 4, hint: 'register' },
    { words: 'delete mien', code: 'STACK_NOT_FOUND', status: 3, hint: '"mine"' },
    {
      words: 'register x --artifact-store prd --orchestrator qqqqqqqq',
      code: 'COMPONENT_NOT_FOUND',
      status: 3,
      hint: '"prod"? See those that there are: stack orchestrator list',
    },
    { words: 'register x --artifact-store prod', code: 'STACK_INVALID', status: 2, hint: '' },
    { words: 'register x --artifact-stor prod', code: 'OPTION_UNKNOWN', status: 2, hint: '--artifact-store' },
    {
      words: 'register mine --artifact-store prod --orchestrator default',
      code: 'ALREADY_EXISTS',
      status: 4,
      hint: 'describe mine',
    },
    { words: 'pipeline run pipelines.ts#nothing', code: 'EXPORT_NOT_FOUND', status: 3, hint: 'failing' },
    { words: 'pipeline run disk.ts#diskFlavor', code: 'PIPELINE_INVALID', status: 2, hint: 'pipeline(' },
    { words: 'pipeline run pipelines.ts', code: 'ARGUMENT_INVALID', status: 2, hint: 'FILE#EXPORT' },
    { words: 'pipeline run pipelines.ts#printing', code: 'CONFIG_INVALID', status: 2, hint: '' },
    { words: 'pipeline run pipelines.ts', code: 'ARGUMENT_INVALID', status: 2, hint: 'pipelines/training.ts#training' },
    { words: 'pipeline run pipelines.ts#printing --rat=1', code: 'OPTION_UNKNOWN', status: 2, hint: '--rate' },
    {
      words: 'pipeline run pipelines.ts#printing --rate=1 --stack=mien',
      code: 'STACK_NOT_FOUND',
      status: 3,
      hint: '"mine"',
    },
    { words: 'run describe none', code: 'RUN_NOT_FOUND', status: 3, hint: '' },
    { words: 'run list --limit=many', code: 'ARGUMENT_INVALID', status: 2, hint: '--limit 20' },
    { words: 'run list --limt=1', code: 'OPTION_UNKNOWN', status: 2, hint: '--limit' },
    { words: 'artifact cat none', code: 'ARTIFACT_NOT_FOUND', status: 3, hint: '' },
    { words: 'artifact download none out', code: 'ARTIFACT_NOT_FOUND', status: 3, hint: '' },
    { words: 'artifact visualization none', code: 'ARTIFACT_NOT_FOUND', status: 3, hint: '' },
    { words: '--jsn', code: 'OPTION_UNKNOWN', status: 2, hint: '--json' },
    { words: '--limit=1 --jsn', code: 'OPTION_UNKNOWN', status: 2, hint: 'Usage: stack COMMAND' },
    { words: 'statsu', code: 'COMMAND_UNKNOWN', status: 2, hint: '"status"' },
    { words: 'artifact-stor list', code: 'COMMAND_UNKNOWN', status: 2, hint: '"artifact-store"' },
    { words: 'artifact-store flavor lsit', code: 'COMMAND_UNKNOWN', status: 2, hint: '"list"' },
    { words: 'artifact-store', code: 'COMMAND_UNKNOWN', status: 2, hint: 'stack artifact-store flavor list' },
    { words: 'stack stack list', code: 'COMMAND_UNKNOWN', status: 2, hint: '' },
    { words: 'status --json=yes', code: 'ARGUMENT_INVALID', status: 2, hint: '--json alone' },
  ])('$words: $code', ({ words, code, status, hint }) => {
    const result = runStack(root, words.split(' '));
    expect(result.stderr).toContain(`error ${code}: `);
    expect(result.stderr).toContain(hint);
    if (hint !== '') expect(result.stderr).toMatch(/^(hint: |.*\. .*|.*Did you mean)/m);
    expect(result.stderr).not.toContain('hunter2');
    expect(result.stderr).not.toMatch(/^ +at /m);
    expect(result.stdout.replace('a module that prints\n', '')).toBe('');
    expect(result.status).toBe(status);
  });

  it('names every problem of the parameters that are given', () => {
    const words = ['pipeline', 'run', 'pipelines.ts#printing', '--rat=1', '--rate=fast', '--json'];
    const { error } = JSON.parse(runStack(root, words).stdout) as JsonDocument;
    expect(error.problems?.map(({ path }) => path)).toEqual(['rat', 'rate']);
  });

  it('names the folder that a path is relative to', () => {
    const { stderr, status } = runStack(join(root, 'folder'), ['pipeline', 'run', 'none.ts#x']);
    expect(stderr).toContain(`hint: The path is relative to the working directory, ${join(root, 'folder')}.`);
    expect(status).toBe(3);
  });

  it('with --json, as a document on standard output', () => {
    const { stdout, stderr, status } = runStack(root, [
      'artifact-store',
      'register',
      'x',
      '--flavor=disk',
      '--pth=a',
      '--json',
    ]);
    const { ok, error } = JSON.parse(stdout) as JsonDocument;
    expect({ ok, status, stderr }).toEqual({ ok: false, status: 2, stderr: '' });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.problems?.map(({ path }) => path)).toEqual(['pth', 'path']);
  });
});

describe('a run that fails', () => {
  const environment = { ...cleanEnvironment, STACK_SECRET_DISK__KEY: 'hunter2hunter2' };

  it('ends with 1, tells which step failed and why, and skips what depends on it', () => {
    const { status, stdout, stderr } = runStack(root, ['pipeline', 'run', 'pipelines.ts#failing', '--run-name=failed']);
    expect(status).toBe(1);
    expect(stderr).toContain('error RUN_FAILED: The run "failed" failed. The step "fail" failed: no rows');
    expect(stderr).toContain('hint: See what happened: stack run describe failed');
    expect(stdout).toMatch(/after: skipped/);
    const described = stack(root, 'run', 'describe', 'failed');
    expect(described).toMatch(/fail\s+failed/);
    expect(described).toMatch(/after\s+skipped/);
    expect(described).toContain('pipelines.ts:');
  });

  it('is one document with --json, whatever modules and steps print', () => {
    const { stdout, status } = runStack(root, ['pipeline', 'run', 'pipelines.ts#failing', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'RUN_FAILED' },
      data: { state: 'failed', steps: [{ state: 'failed' }, { state: 'skipped' }] },
    });
    expect(status).toBe(1);
  });

  it('as a failed step, when the step ends the process', () => {
    const { stderr, status } = runStack(root, ['pipeline', 'run', 'pipelines.ts#exiting', '--run-name=exiting']);
    expect(stderr).toContain('The step "exit" failed: ');
    expect(stderr).toContain('process.exit(0) was called');
    expect(status).toBe(1);
    expect(stackJson(root, 'run', 'describe', 'exiting')).toMatchObject({ data: { state: 'failed' } });
  });

  it('on an error that nobody catches, is recorded as failed, and prints no stack trace', () => {
    const { stderr, status, stdout } = runStack(root, [
      'pipeline',
      'run',
      'pipelines.ts#forgetting',
      '--run-name=forgetting',
    ]);
    expect(stderr).toContain('error RUN_FAILED: The run "forgetting" failed. An error that nobody caught: ');
    expect(stderr).toContain('nobody awaits this');
    expect(stderr).toContain('hint: Await every promise');
    expect(stdout + stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
    expect(stackJson(root, 'run', 'describe', 'forgetting')).toMatchObject({
      data: { state: 'failed', steps: [{ step: 'forget', state: 'cancelled' }] },
    });
  });

  it('prints no secret that a component has', () => {
    stack(root, 'artifact-store', 'register', 'keyed', '--flavor=disk', '--path=disk://a', '--access-key={{disk.key}}');
    stack(root, 'register', 'keyed', '--artifact-store=keyed', '--orchestrator=default');
    // The value is known to the command once the component is made, and its SDK is missing.
    writeFiles(root, {
      'node_modules/some-disk-sdk/index.js': 'throw new Error("key " + process.env.STACK_SECRET_DISK__KEY);',
    });
    const { stderr, status } = runStack(root, ['pipeline', 'run', 'pipelines.ts#failing', '--stack=keyed'], {
      env: environment,
    });
    expect(stderr).toContain('key [secret]');
    expect(stderr).not.toContain('hunter2');
    expect(status).toBe(2);
  });

  it('whose step waits for what cannot happen is cancelled', () => {
    const { stdout, status } = runStack(root, ['pipeline', 'run', 'pipelines.ts#waiting', '--run-name=waiting']);
    expect(stdout).toContain('cannot happen any more');
    expect(status).toBe(130);
    expect(stackJson(root, 'run', 'describe', 'waiting')).toMatchObject({ data: { state: 'cancelled' } });
  });
});

describe('the commands that a hint names', () => {
  it('are called what the program is called', () => {
    const hintOf = (words: readonly string[], env: NodeJS.ProcessEnv) => {
      const { stdout } = runStack(root, [...words, '--json'], { env: { ...cleanEnvironment, ...env } });
      return (JSON.parse(stdout) as JsonDocument).error.hint;
    };
    expect(hintOf(['describe', 'qqqqqqqq'], { STACK_COMMAND: 'pnpm stack' })).toContain(
      'those that there are: pnpm stack list',
    );
    expect(hintOf(['run'], { npm_lifecycle_event: 'npx' })).toMatch(
      /^There are:\n {2}npx stack run list +List the runs.*\n {2}npx stack run describe /,
    );
    expect(hintOf(['delete', 'default'], { STACK_COMMAND: 'x' })).toContain('x register NAME --orchestrator');
    expect(hintOf(['describe', 'qqqqqqqq'], {})).toContain(': stack list');
  });
});

describe('what should not happen', () => {
  it('is INTERNAL with 70, and shows its stack with STACK_DEBUG=1 alone', () => {
    const plain = runStack(root, ['pipeline', 'run', 'late.ts#late']);
    expect(plain).toMatchObject({ status: 70, stderr: expect.stringContaining('error INTERNAL: ') });
    expect(plain.stderr).not.toMatch(/^ +at /m);
    const debugged = runStack(root, ['pipeline', 'run', 'late.ts#late'], {
      env: { ...cleanEnvironment, STACK_DEBUG: '1' },
    });
    expect(debugged.stderr).toMatch(/^ +at /m);
  });
});

describe('a project that cannot be used', () => {
  it('that is not there: PROJECT_NOT_FOUND, while help and flavors are there', () => {
    using empty = temporaryFolder();
    const { status, stderr } = runStack(empty.path, ['status']);
    expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringContaining('hint: ') });
    expect(stderr).toContain('error PROJECT_NOT_FOUND');
    expect(stderr).toContain('stack init');
    expect(stack(empty.path, 'artifact-store', 'flavor', 'list')).toContain('local');
    expect(stack(empty.path, 'orchestrator', 'flavor', 'describe', 'local')).toContain('--concurrency');
  });

  it('with a corrupt store: STORE_CORRUPT, for fast commands too', () => {
    using broken = temporaryFolder();
    stack(broken.path, 'init');
    writeFileSync(join(broken.path, '.stack', 'stack.db'), 'no database at all'.repeat(1000));
    for (const words of [['status'], ['artifact-store', 'flavor', 'list'], ['init']]) {
      const { status, stderr } = runStack(broken.path, words);
      expect({ status, stderr }).toMatchObject({ status: 6, stderr: expect.stringContaining('error STORE_CORRUPT') });
      expect(stderr).toContain('backup');
    }
  });

  it('with an empty store: STORE_CORRUPT, and the command of the hint makes it anew', () => {
    using emptied = temporaryFolder();
    stack(emptied.path, 'init');
    writeFileSync(join(emptied.path, '.stack', 'stack.db'), '');
    const { status, stderr } = runStack(emptied.path, ['status']);
    expect({ status, stderr }).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/STORE_CORRUPT: .* is empty/),
    });
    expect(stderr).toMatch(/^hint: .* in its place: stack init$/m);
    stack(emptied.path, 'init');
    expect(stack(emptied.path, 'status')).toContain('default');
  });

  it('below a file: STORE_UNAVAILABLE', () => {
    using empty = temporaryFolder();
    writeFileSync(join(empty.path, 'file'), '');
    const { status, stderr } = runStack(empty.path, ['init', 'file/project']);
    expect({ status, stderr }).toMatchObject({ status: 6, stderr: expect.stringContaining('error STORE_UNAVAILABLE') });
  });

  // Root may write anywhere, unless it gives that up.
  const withoutOverride = ['--bounding-set=-dac_override', '--inh-caps=-dac_override'];
  const isRoot = process.getuid?.() === 0;
  const canGiveUp = !isRoot || spawnSync('setpriv', [...withoutOverride, 'true']).status === 0;

  it.skipIf(!canGiveUp)('in a folder that is read-only: STORE_UNAVAILABLE', () => {
    using empty = temporaryFolder();
    chmodSync(empty.path, 0o555);
    const prefix = isRoot ? ['setpriv', ...withoutOverride] : [];
    const [program = '', ...words] = [...prefix, process.execPath, stackBin, 'init'];
    const { status, stderr } = spawnSync(program, words, { cwd: empty.path, env: cleanEnvironment, encoding: 'utf8' });
    expect(stderr).toContain('error STORE_UNAVAILABLE');
    expect(stderr).toContain('hint: ');
    expect(status).toBe(6);
    chmodSync(empty.path, 0o755);
  });

  it.skipIf(!canMount())('on a disk that is full: NO_SPACE, and no half of an artifact', () => {
    using small = temporaryFolder();
    const mounted = join(small.path, 'disk');
    mkdirSync(mounted);
    mountSmallDisk(mounted);
    try {
      writeFiles(small.path, {
        'big.ts': `
          import { pipeline, step } from '@stack/pipelines';
          const make = step({ name: 'make' }, () => 'x'.repeat(1_000_000));
          export const big = pipeline({ name: 'big' }, () => make());`,
      });
      stack(small.path, 'init', 'disk');
      const run = runStack(mounted, ['pipeline', 'run', '../big.ts#big', '--run-name=big']);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain('RUN_FAILED');
      expect(run.stderr).toMatch(/ENOSPC|no space/i);
      expect(stackJson(mounted, 'run', 'describe', 'big')).toMatchObject({
        data: { state: 'failed', artifacts: [], steps: [{ error: { code: 'NO_SPACE' } }] },
      });
      expect(existsSync(join(mounted, '.stack', 'artifacts', 'artifacts'))).toBe(false);
      spawnSync('sh', ['-c', `cat /dev/zero > ${mounted}/full`]);
      const full = runStack(mounted, ['register', 'x', '--artifact-store=default', '--orchestrator=default']);
      expect(full.stderr).toContain('error NO_SPACE');
      expect(full.status).toBe(6);
    } finally {
      spawnSync('umount', [mounted]);
    }
  });
});

function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=800k', 'tmpfs', folder]).status === 0;
}

function canMount(): boolean {
  using empty = temporaryFolder();
  return mountSmallDisk(empty.path) && spawnSync('umount', [empty.path]).status === 0;
}
