import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { requiredPrograms } from '../../../tools/backends/programs.ts';
import { installCanary } from './canary-integration.ts';
import {
  cleanEnvironment,
  runStack,
  stack,
  stackBin,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;
const log = join(root, 'log.txt');

beforeAll(() => {
  const copy = 'stack-integration-copy';
  writeFiles(root, {
    'package.json': JSON.stringify({ dependencies: { 'stack-integration-canary': '1', [copy]: '1' } }),
    'training.ts': trainingPipeline,
    'rows.ts': 'export const rows: number[] = [1];',
    'subfolder/file.txt': '',
    'db.yaml': 'user: an admin\npassword: a password',
    // What is typed as a command is written down, and what the shell asks is answered.
    'bin/stack': `#!/bin/sh
      case "$1" in __complete | completion) exec '${process.execPath}' '${stackBin}' "$@" ;; esac
      for word in "$@"; do printf '%s|' "$word"; done >> '${log}'
      echo >> '${log}'`,
  });
  chmodSync(join(root, 'bin/stack'), 0o755);
  installCanary(root, join(root, 'evaluated.txt'));
  // Another package with a flavor of the same name.
  const manifest = readFileSync(join(root, 'node_modules/stack-integration-canary/stack-manifest.json'), 'utf8');
  writeFiles(root, {
    [`node_modules/${copy}/package.json`]: JSON.stringify({
      name: copy,
      stack: { apiVersion: 1, manifest: './m.json' },
    }),
    [`node_modules/${copy}/m.json`]: manifest.replaceAll('stack-integration-canary', copy),
  });
  stack(root, 'init');
  stack(root, 'artifact-store', 'register', 'spare', '--flavor=local', '--path=spare');
  stack(root, 'register', 'other', '--orchestrator=default', '--artifact-store=spare');
  stack(root, 'pipeline', 'run', 'training.ts#training', '--run-name=first');
  stack(root, 'secret', 'create', 'db', '--values=db.yaml');
});

afterAll(() => folder[Symbol.dispose]());

function completions(...words: string[]): string[] {
  const { status, stdout, stderr } = runStack(root, ['__complete', ...words]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\t.*$/, ''));
}

describe('what a command line can become', () => {
  it.each<[string, string[], string[]]>([
    ['the beginnings of commands', ['art'], ['artifact-store', 'artifact']],
    ['the words after a component type', ['orchestrator', 'd'], ['describe', 'delete']],
    ['the commands for stacks, with their first word too', ['stack', 'de'], ['describe', 'delete']],
    ['components of the type alone', ['artifact-store', 'describe', ''], ['default', 'spare']],
    ['stacks', ['set', 'o'], ['other']],
    ['a stack as the value of an option', ['pipeline', 'run', 'x.ts#y', '--stack', ''], ['default', 'other']],
    ['runs', ['run', 'logs', ''], ['first']],
    ['nothing where one word too many stands', ['set', 'other', ''], []],
    ['options that are not given yet', ['run', 'list', '--limit=3', '--'], ['--pipeline', '--json', '--help']],
    ['options of a flavor', ['artifact-store', 'register', 'x', '--flavor', 'local', '--p'], ['--path']],
    [
      'a component type as an option, and its components',
      ['register', 'x', '--artifact-store=s'],
      ['--artifact-store=spare'],
    ],
    [
      'flavors, with the package where two have one name',
      ['artifact-store', 'register', 'x', '--flavor', ''],
      ['stack-integration-canary:canary', 'stack-integration-copy:canary', 'local'],
    ],
    [
      'options of such a flavor',
      ['artifact-store', 'register', 'x', '--flavor=stack-integration-copy:canary', '--de'],
      ['--depth'],
    ],
    ['secrets', ['secret', 'get', ''], ['db']],
    ['keys of a secret', ['secret', 'get', 'db', '--key', ''], ['user', 'password']],
    ['no keys of no secret', ['secret', 'update', 'bd', '--remove='], []],
    ['secret stores', ['secret', 'create', 'x', '--store='], ['--store=default', '--store=environment']],
    ['the command of one type beside those of all', ['secret-store', 's'], ['set']],
    ['integrations', ['integration', 'describe', 'stack-integration-co'], ['stack-integration-copy']],
    ['the words of a command as arguments', ['schema', 'artifact-store', 'flavor', 'des'], ['describe']],
    ['no parameters of a pipeline, since that is code', ['pipeline', 'run', 'training.ts#training', '--f'], []],
    ['nothing after words that are no command', ['statsu', ''], []],
    ['nothing that is a prototype’s', ['run', 'list', '--constructor=', ''], []],
  ])('%s', (_, words, expected) => {
    expect(completions(...words)).toEqual(['words', ...expected]);
  });

  it('files, where files are meant', () => {
    expect(completions('pipeline', 'run', '')).toEqual(['files']);
  });

  it('is quiet about a store that is broken', () => {
    using broken = temporaryFolder();
    mkdirSync(join(broken.path, '.stack'));
    writeFileSync(join(broken.path, '.stack', 'stack.db'), 'no database'.repeat(1000));
    expect(runStack(broken.path, ['__complete', 'set', ''])).toEqual({ status: 0, stdout: 'words\n', stderr: '' });
  });
});

const typed = [
  'stack artifact-st\tflavor desc\tloc\t',
  'stack artifact-store describe sp\t',
  'stack artifact-store register x --flav\tstack-integration-co\t--dep\t3',
  'stack register y --artifact-store=sp\t--orch\tdef\t',
  'stack init subf\t',
];
const ran = [
  'artifact-store|flavor|describe|local|',
  'artifact-store|describe|spare|',
  'artifact-store|register|x|--flavor|stack-integration-copy:canary|--depth|3|',
  'register|y|--artifact-store=spare|--orchestrator|default|',
  'init|subfolder|',
];

const shells: readonly { shell: 'bash' | 'zsh' | 'fish'; start: string; prepare: string }[] = [
  { shell: 'bash', start: 'bash --norc -i', prepare: 'source <(stack completion bash)' },
  {
    shell: 'zsh',
    start: 'zsh -f -i',
    // Else a tab is a tab while more keys are waiting, as here.
    prepare:
      "autoload -Uz compinit; compinit -u -D; source <(stack completion zsh); zstyle ':completion:*' insert-tab false",
  },
  { shell: 'fish', start: 'fish --no-config -i', prepare: 'stack completion fish | source' },
];

const requiredShells = await Promise.all(
  shells.map(async (shell) => {
    const obstacle = await whyUnavailable(requiredPrograms(shell.shell, 'script'));
    return { ...shell, obstacle, reason: obstacle === undefined ? '' : ` (skipped: ${obstacle})` };
  }),
);

describe.each(requiredShells)('in $shell', ({ obstacle, reason, start, prepare }) => {
  it.skipIf(obstacle !== undefined)(`tabs complete what is typed${reason}`, () => {
    rmSync(log, { force: true });
    // On a terminal of its own, since a shell completes nowhere else.
    const { error } = spawnSync('script', ['-qec', start, '/dev/null'], {
      cwd: root,
      env: { ...cleanEnvironment, PATH: `${join(root, 'bin')}:${process.env.PATH}`, TERM: 'xterm' },
      input: `${[prepare, ...typed, 'exit'].join('\n')}\n`,
      encoding: 'utf8',
      timeout: 25_000,
    });
    expect(error).toBeUndefined();
    // zsh takes the slash of a folder away again.
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().replaceAll('/|', '|').split('\n') : [];
    expect(lines).toEqual(ran);
  });
});

it('a shell that is not known is told which are', () => {
  const { status, stderr } = runStack(root, ['completion', 'csh']);
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('bash, zsh, fish') });
});
