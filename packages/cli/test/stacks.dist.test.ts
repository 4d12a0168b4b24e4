import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installNotifiers } from './notifier-package.ts';
import { cleanEnvironment, diskFlavor, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

// What each change does is tested with the project package; here is that the commands say what they are asked to, and
// what they print. "as ZenML" marks a behaviour that its tests pin too.

const folder = temporaryFolder();
const root = folder.path;

interface Problem {
  readonly path: string;
  readonly code: string;
}

beforeAll(() => {
  installNotifiers(root);
  writeFiles(root, { 'flavors/disk.ts': diskFlavor });
  stack(root, 'init');
  stack(root, 'artifact-store', 'flavor', 'register', 'flavors/disk.ts#diskFlavor');
  stack(root, 'artifact-store', 'register', 'prod', '--flavor=disk', '--path=disk://a', '--access-key={{disk.key}}');
  stack(root, 'artifact-store', 'register', 'files', '--flavor=local', '--path=files');
  for (const name of ['mail', 'pigeon', 'stuck']) stack(root, 'notifier', 'register', name, `--flavor=${name}`);
});

afterAll(() => folder[Symbol.dispose]());

function componentsOf(name: string): string {
  const { data } = stackJson<{ components: { name: string }[] }>(root, 'describe', name);
  return data.components.map((component) => component.name).join(' ');
}

describe('the commands for stacks', () => {
  it('register, update, add to, take from, rename, copy, list and delete a stack', () => {
    const registered = stack(
      root,
      ...['stack', 'register', 'mine', '--orchestrator=default', '--artifact-store', 'files', '--label', 'team=a'],
      ...['--notifier=mail', '--notifier', 'pigeon'],
    );
    expect(registered).toContain('It has orchestrator=default artifact-store=files notifier=mail notifier=pigeon.');
    expect(registered).toContain('stack set mine');
    stack(root, 'set', 'mine');
    // Without a name it is the active stack.
    expect(stack(root, 'update', '--artifact-store=default', '--label=stage=dev')).toContain('artifact-store=default');
    expect(stack(root, 'add-component', '--notifier=stuck')).toContain('notifier=pigeon notifier=stuck');
    expect(stack(root, 'remove-component', 'mine', '--notifier=mail')).toContain('stays registered');
    expect(componentsOf('mine')).toBe('default default pigeon stuck');
    stack(root, 'update', 'mine', '--remove-label=team');
    stack(root, 'rename', 'mine', 'ours');
    expect(stack(root, 'get')).toBe('ours\n');
    expect(stack(root, 'copy', 'ours', 'theirs')).toContain('share their components');
    expect(componentsOf('theirs')).toBe('default default pigeon stuck');
    const list = (...words: string[]) =>
      stackJson<{ name: string }[]>(root, 'list', ...words).data.map(({ name }) => name);
    expect(list('--notifier=stuck', '--label=stage=dev')).toEqual(['ours', 'theirs']);
    expect(list('--notifier=mail')).toEqual([]);
    expect(stack(root, 'delete', 'theirs')).toBe('Deleted the stack "theirs".\n');
    stack(root, 'set', 'default');
    expect(stackJson(root, 'delete', 'ours', '--recursive').data).toMatchObject({
      name: 'ours',
      components: [{ name: 'pigeon' }, { name: 'stuck' }],
    });
    expect(stack(root, 'notifier', 'list')).toMatch(/mail/);
    for (const name of ['pigeon', 'stuck']) stack(root, 'notifier', 'register', name, `--flavor=${name}`);
  });

  it('with --dry-run do their checks, say what would be, and write nothing', () => {
    stack(root, 'register', 'mine', '--orchestrator=default', '--artifact-store=files', '--notifier=mail');
    const state = () =>
      ['list', 'get', 'notifier list', 'artifact-store list'].map((words) => stackJson(root, ...words.split(' ')));
    const before = state();
    for (const [words, ...expected] of [
      [
        'register other --orchestrator=default --artifact-store=prod --activate',
        'Registered the stack "other". It is the active stack now.',
        'It has orchestrator=default artifact-store=prod.',
        'On this machine it has a problem: artifact-store:prod.accessKey: ',
      ],
      [
        'update mine --artifact-store=default --notifier=pigeon --label=a=b',
        'It has orchestrator=default artifact-store=default notifier=pigeon.',
      ],
      ['add-component mine --notifier=pigeon', 'notifier=mail notifier=pigeon.'],
      ['remove-component mine --notifier=mail', 'It has orchestrator=default artifact-store=files.'],
      ['rename mine ours', 'The stack "mine" is called "ours" now.'],
      ['copy mine theirs', 'Copied the stack "mine" to "theirs".'],
      ['set mine', 'The active stack is "mine".'],
      [
        'delete mine --recursive',
        'Deleted the stack "mine".',
        'Deleted the notifier "mail".',
        'artifact-store "files"',
      ],
    ] as const) {
      const text = stack(root, ...words.split(' '), '--dry-run');
      expect(text, words).toMatch(/^This is a dry run: nothing is written\. Without --dry-run:\n/);
      for (const part of expected) expect(text, words).toContain(part);
    }
    expect(stackJson(root, 'rename', 'mine', 'ours', '--dry-run').data).toMatchObject({ name: 'ours', isDryRun: true });
    expect(stackJson(root, 'copy', 'mine', 'default', '--dry-run').error.code).toBe('ALREADY_EXISTS');
    expect(state()).toEqual(before);
    stack(root, 'delete', 'mine');
  });

  it('make a stack active as it is registered, and list by name and page by page', () => {
    for (const name of ['train-a', 'train-b', 'serve', 'train-c']) {
      stack(root, 'register', name, '--orchestrator=default', '--artifact-store=files', '--activate');
      if (name === 'serve') expect(stack(root, 'get')).toBe('serve\n');
    }
    const list = (...words: string[]) =>
      stackJson<{ name: string; isActive: boolean }[]>(root, 'list', ...words).data.map(
        ({ name, isActive }) => `${name}${isActive ? '*' : ''}`,
      );
    expect(list('--name=train-*')).toEqual(['train-a', 'train-b', 'train-c*']);
    expect(list('--name=train')).toEqual([]);
    expect(list('--limit=3')).toEqual(['default', 'serve', 'train-a']);
    expect(list('--limit=3', '--after=train-a')).toEqual(['train-b', 'train-c*']);
    expect(list('--name=train-*', '--limit=1', '--after', 'train-a')).toEqual(['train-b']);
    expect(stackJson(root, 'list', '--limit=none').error.code).toBe('ARGUMENT_INVALID');
    stack(root, 'set', 'default');
    for (const name of ['train-a', 'train-b', 'serve', 'train-c']) stack(root, 'delete', name);
  });

  it.each([
    ['update default --notifier=mail', 'PROTECTED', 4, 'stack register NAME'],
    ['add-component default --notifier=mail', 'PROTECTED', 4, ''],
    ['rename default mine', 'PROTECTED', 4, ''],
    ['delete default --recursive', 'PROTECTED', 4, ''],
    ['update nowhere --notifier=mail', 'STACK_NOT_FOUND', 3, 'stack list'],
    ['update default', 'OPTION_MISSING', 2, '--artifact-store'],
    ['add-component default', 'OPTION_MISSING', 2, '--notifier'],
    ['remove-component default --notifer mail', 'OPTION_UNKNOWN', 2, '"--notifier"'],
    ['doctor --timeout=soon', 'ARGUMENT_INVALID', 2, '--timeout=30'],
  ])('as ZenML, refuse what cannot be: %s is %s', (words, code, status, hint) => {
    const result = runStack(root, words.split(' '));
    expect(result.stderr).toContain(`error ${code}: `);
    expect(result.stderr).toContain(hint);
    expect(result.status).toBe(status);
  });

  it('describe a stack that does not exist by the nearest name, as ZenML', () => {
    expect(stackJson(root, 'describe', 'defualt')).toMatchObject({
      error: { code: 'STACK_NOT_FOUND', hint: 'Did you mean "default"?' },
    });
  });
});

describe('stack validate and stack doctor', () => {
  beforeAll(() => {
    const registered = stack(
      root,
      ...['register', 'broken', '--orchestrator=default', '--artifact-store=prod'],
      ...['--notifier=mail', '--notifier=pigeon', '--notifier=stuck'],
    );
    expect(registered).toContain('a problem: stack validate broken');
  });

  it('of a stack that works end with 0', () => {
    expect(stack(root, 'validate')).toContain('The stack "default" is valid');
    expect(stack(root, 'doctor')).toMatch(/artifact-store\s+default\s+local\s+ok\s+ok\s+ok\s+ok\n/);
    expect(stackJson(root, 'validate', 'default')).toMatchObject({
      ok: true,
      data: { stack: { name: 'default' }, isValid: true, problems: [] },
    });
  });

  it('tell what is missing here, as a table and as JSON, and end with another code', () => {
    const { stdout, stderr, status } = runStack(root, ['validate', 'broken']);
    expect(stdout).toMatch(/artifact-store:prod\.accessKey\s+SECRET_NOT_FOUND\s.*stack secret create disk --key=VALUE/);
    expect(stderr).toBe('error STACK_INVALID: The stack "broken" has a problem.\n');
    expect(status).toBe(2);
    const { ok, data, error } = stackJson<{ isValid: boolean; problems: Problem[] }>(root, 'validate', 'broken');
    expect({ ok, isValid: data.isValid, code: error.code }).toEqual({
      ok: false,
      isValid: false,
      code: 'STACK_INVALID',
    });
    expect(data.problems).toMatchObject([{ path: 'artifact-store:prod.accessKey', concerns: 'component' }]);
  });

  it('look at every component, live where that is asked for, and none hides another', () => {
    const { stdout, stderr, status } = runStack(root, ['doctor', 'broken', '--live', '--timeout=1'], {
      env: { ...cleanEnvironment, STACK_SECRET_DISK__KEY: 'hunter2hunter2' },
    });
    expect(stdout).toMatch(/TYPE\s+NAME\s+FLAVOR\s+LOADS\s+CONFIG\s+SECRETS\s+IMPLEMENTATION\s+PROBE/);
    expect(stdout).toMatch(/artifact-store\s+prod\s+disk\s+ok\s+ok\s+ok\s+failed\s+-/);
    expect(stdout).toMatch(/notifier\s+mail\s+mail\s+ok\s+ok\s+ok\s+ok\s+ok \(the post office is open\)/);
    expect(stdout).toMatch(/artifact-store:prod\s+DEPENDENCY_MISSING\s.*npm install some-disk-sdk/);
    expect(stdout).toMatch(/notifier:pigeon\s+STACK_UNHEALTHY\s+it flew away/);
    expect(stdout).toMatch(/notifier:stuck\s+TIMEOUT\s.*longer than 1 s/);
    expect(stdout).not.toContain('hunter2');
    expect(stderr).toBe('error STACK_UNHEALTHY: The stack "broken" has 3 problems.\n');
    expect(status).toBe(5);
  });

  it('are the same as a document with --json', () => {
    const { ok, data } = stackJson(root, 'doctor', 'broken');
    expect({ ok, data }).toMatchObject({
      ok: false,
      data: {
        stack: { name: 'broken' },
        isHealthy: false,
        components: [
          { name: 'default', checks: [{ check: 'flavor', outcome: 'passed' }, {}, {}, {}] },
          { name: 'prod', checks: [{}, {}, { check: 'secrets', outcome: 'failed' }, { outcome: 'failed' }] },
          { name: 'mail' },
          { name: 'pigeon' },
          { name: 'stuck' },
        ],
        problems: [],
      },
    });
  });
});
