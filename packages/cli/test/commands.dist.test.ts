import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cleanEnvironment,
  diskFlavor,
  runStack,
  stack,
  stackJson,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;
const below = join(root, 'pipelines');

beforeAll(() => {
  writeFiles(root, {
    'pipelines/training.ts': trainingPipeline,
    'pipelines/rows.ts': 'export const rows: number[] = [1, 2, 3];',
    'flavors/disk.ts': diskFlavor,
  });
  expect(stack(root, 'init')).toContain('project');
});

afterAll(() => folder[Symbol.dispose]());

describe('the first session of a user', () => {
  it('goes from init to the bytes of an artifact, from a sub-folder too', () => {
    expect(stack(root, 'status')).toContain('No runs yet.');
    const printed = stack(below, 'pipeline', 'run', 'training.ts#training', '--factor=3', '--run-name', 'first');
    expect(printed).toContain('load | loading 3');
    expect(printed).toContain('{ total: 18 }');
    expect(printed).toContain(join(root, '.stack', 'artifacts'));
    // The commands that it names work when typed.
    const commands = [...printed.matchAll(/^ {2}stack (.+)$/gm)].map(([, words = '']) => words.split(' '));
    expect(commands).toHaveLength(2);
    const [described = '', bytes = ''] = commands.map((words) => stack(below, ...words));
    expect(described).toContain('completed');
    expect(bytes).toBe('{"total":18}');
    expect(stack(root, 'status')).toContain('first');
    expect(stack(root, 'run', 'list')).toContain('first');
    expect(stack(root, 'run', 'logs', 'first')).toBe('load | loading 3\n');
    expect(stack(root, 'run', 'logs', 'first', 'sum')).toBe('');
    expect(stack(root, 'artifact', 'list', '--run', 'first')).toContain('sum');
  });

  it('names commands as users type them, where STACK_COMMAND says how', () => {
    const { stdout } = runStack(root, ['pipeline', 'run', 'pipelines/training.ts#training', '--run-name=named'], {
      env: { ...cleanEnvironment, STACK_COMMAND: 'npx stack' },
    });
    expect(stdout).toMatch(/^ {2}npx stack run describe named$/m);
    expect(stdout).toMatch(/^ {2}npx stack artifact cat [0-9a-f]{8}$/m);
  });

  it('is the same as JSON documents', () => {
    const run = stackJson<{ name: string; state: string; result: unknown; artifacts: { id: string; step: string }[] }>(
      root,
      ...['pipeline', 'run', 'pipelines/training.ts#training', '--run-name', 'second'],
    );
    expect(run).toMatchObject({ ok: true, data: { state: 'completed', result: { total: 12 } }, warnings: [] });
    const { id = '' } = run.data.artifacts.find(({ step }) => step === 'sum') ?? {};
    expect(stackJson(root, 'artifact', 'describe', id)).toMatchObject({ data: { id, size: 12 } });
    expect(stackJson(root, 'artifact', 'cat', id)).toMatchObject({
      data: { encoding: 'utf8', content: '{"total":12}' },
    });
    expect(stackJson(root, 'run', 'describe', 'second')).toMatchObject({
      data: { plan: { parameters: { factor: 2 } } },
    });
    expect(stackJson(root, 'run', 'logs', 'second')).toMatchObject({ data: [{ step: 'load', text: 'loading 3' }] });
    expect(stackJson(root, 'run', 'list', '--limit', '1')).toMatchObject({ data: [{ name: 'second' }] });
    expect(stackJson(root, 'status')).toMatchObject({ data: { root, activeStack: { name: 'default' } } });
  });

  it('shows the parameters of a pipeline', () => {
    const help = stack(root, 'pipeline', 'run', 'pipelines/training.ts#training', '--help');
    expect(help).toMatch(/--factor\s+number\s+default 2\s+Multiplies/);
  });

  it('finds its flavors and what they import again in a second start, with compiled code kept', () => {
    const environment = { NODE_COMPILE_CACHE: join(root, 'cache') };
    for (const _ of [1, 2]) {
      const { status, stderr } = runStack(root, ['pipeline', 'run', 'pipelines/training.ts#training', '--json'], {
        env: environment,
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    }
  });
});

describe('a flavor, a component and a stack of the user', () => {
  it('are registered, listed, described, used and deleted', () => {
    expect(stack(below, 'artifact-store', 'flavor', 'register', 'flavors/disk.ts#diskFlavor')).toContain('"disk"');
    expect(stack(root, 'artifact-store', 'flavor', 'list')).toMatch(
      /disk\s+\.\/flavors\/disk\.ts#diskFlavor\s+registered/,
    );
    expect(stack(root, 'artifact-store', 'flavor', 'describe', 'disk')).toMatch(/--access-key\s+string\s+yes/);
    const help = stack(root, 'artifact-store', 'register', 'x', '--flavor', 'disk', '--help');
    expect(help).toMatch(/--path\s+string\s+required/);
    expect(help).toMatch(/--access-key\s+string\s+secret\s+Key of the disk/);
    expect(help).toMatch(/--max-retries\s+integer\s+default 3\s+How often/);

    const options = ['--flavor=disk', '--path', 'disk://a', '--max-retries=5', '--verbose', '--label', 'team=a'];
    stack(root, 'artifact-store', 'register', 'prod', ...options, '--access-key', '{{disk.key}}');
    stack(
      root,
      'artifact-store',
      'register',
      'spare',
      '--flavor=disk',
      '--set',
      'path=disk://b',
      '--set',
      'maxRetries=1',
    );
    expect(stackJson(root, 'artifact-store', 'describe', 'prod')).toMatchObject({
      data: {
        config: { path: 'disk://a', maxRetries: 5, verbose: true, accessKey: '{{disk.key}}' },
        labels: { team: 'a' },
      },
    });
    expect(stackJson(root, 'artifact-store', 'describe', 'spare')).toMatchObject({
      data: { config: { path: 'disk://b', maxRetries: 1 } },
    });
    expect(stack(root, 'artifact-store', 'list')).toContain('path=disk://a');

    stack(root, 'stack', 'register', 'other', '--artifact-store', 'spare', '--orchestrator', 'default');
    stack(root, 'register', 'mine', '--artifact-store=prod', '--orchestrator', 'default', '--activate');
    expect(stack(root, 'get')).toBe('mine\n');
    expect(stack(root, 'list')).toMatch(/\*\s+mine/);
    expect(stack(root, 'describe')).toContain('disk://a');
    expect(stack(root, 'describe', 'other')).toContain('disk://b');
    // The package that its implementation imports is not installed.
    const run = runStack(root, ['pipeline', 'run', 'pipelines/training.ts#training'], {
      env: { ...cleanEnvironment, STACK_SECRET_DISK__KEY: 'of the disk' },
    });
    expect(run.stderr).toContain('error DEPENDENCY_MISSING');
    expect(run.stderr).toContain('npm install some-disk-sdk');
    expect(run.status).toBe(5);
    stack(root, 'pipeline', 'run', 'pipelines/training.ts#training', '--stack', 'default');

    stack(root, 'set', 'default');
    stack(root, 'delete', 'mine');
    stack(root, 'stack', 'delete', 'other');
    stack(root, 'artifact-store', 'delete', 'prod');
    stack(root, 'artifact-store', 'delete', 'spare');
    expect(stackJson<unknown[]>(root, 'artifact-store', 'list').data).toHaveLength(1);
  });
});

describe('help', () => {
  it.each([[['--help']], [['-h']], [[]]])('is printed for %j, with every command', (words) => {
    const help = stack(root, ...words);
    expect(help).toContain('stack pipeline run FILE#EXPORT');
    expect(help).toContain('stack set NAME');
    expect(help).toMatch(/artifact-store\s+Keeps the outputs/);
  });

  it('of a word tells of the commands that begin with it', () => {
    const help = stack(root, 'artifact-store', '--help');
    expect(help).toContain('stack artifact-store flavor list');
    expect(help).not.toContain('pipeline');
  });

  it('of a command tells of its arguments and options', () => {
    expect(stack(root, 'run', 'list', '--help')).toMatch(/--limit=COUNT\s+At most/);
  });

  it('is data with --json', () => {
    expect(stackJson(root, '--help')).toMatchObject({ ok: true, data: { commands: expect.any(Array) } });
    expect(stackJson(root, 'run', 'list', '--help')).toMatchObject({ data: { usage: 'stack run list [options]' } });
  });

  it('has the version beside it', () => {
    expect(stack(root, '--version')).toBe(stack(root, 'version'));
    expect(stack(root, 'version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
