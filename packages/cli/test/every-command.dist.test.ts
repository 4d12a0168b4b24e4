import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandDescription } from '../src/command-line/command.ts';
import { commands } from '../src/command-line/command-table.ts';
import { findCommands } from '../src/command-line/find-command.ts';
import { canaryFlavor, canaryFolder, installCanary } from './canary-integration.ts';
import { installNotifiers } from './notifier-package.ts';
import {
  type JsonDocument,
  runStack,
  stack,
  stackJson,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

/** Its first process is killed, and the next one goes on. */
const dyingPipeline = `
import { existsSync, writeFileSync } from 'node:fs';
import { pipeline, step } from '@stack/pipelines';
const die = step({ name: 'die' }, () => {
  if (existsSync('alive.txt')) return 'alive';
  writeFileSync('alive.txt', '');
  process.kill(process.pid, 'SIGKILL');
});
export const dying = pipeline({ name: 'dying' }, () => die());
`;

const drawnPipeline = `
import { pipeline, step } from '@stack/pipelines';
const draw = step({ name: 'draw', output: { materializer: 'html' } }, () => '<h1>Drawn</h1>');
export const drawn = pipeline({ name: 'drawn' }, () => draw());
`;

const folder = temporaryFolder();
const root = folder.path;
const evaluated = join(root, 'evaluated.txt');
const validators = new Map<string, ValidateFunction>();

beforeAll(() => {
  installNotifiers(root);
  writeFiles(root, {
    'package.json': JSON.stringify({ dependencies: { [canaryFolder]: '1.0.0', '@acme/notifiers': '1.0.0' } }),
    'training.ts': trainingPipeline,
    'rows.ts': 'export const rows: number[] = [1, 2, 3];',
    'own.ts': canaryFlavor('own', evaluated),
    'dying.ts': dyingPipeline,
    'drawn.ts': drawnPipeline,
    'secret.yaml': 'password: a value of the vault',
    'more.txt': 'another value',
  });
  installCanary(root, evaluated);
  stack(root, 'init');
  for (const name of ['killed', 'left']) {
    rmSync(join(root, 'alive.txt'), { force: true });
    runStack(root, ['pipeline', 'run', 'dying.ts#dying', `--run-name=${name}`]);
  }
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const { data } = stackJson<Record<string, object>>(root, 'schema');
  for (const [name, schema] of Object.entries(data)) validators.set(name, ajv.compile(schema));
});

afterAll(() => folder[Symbol.dispose]());

/**
 * A command line for every command at the least, in an order in which each succeeds. `<id>` is that of what the one
 * before printed.
 */
const session: readonly string[] = [
  'init elsewhere',
  'artifact-store flavor register own.ts#ownFlavor',
  'artifact-store flavor update own',
  'artifact-store flavor list',
  'artifact-store flavor describe canary',
  'artifact-store register birds --flavor=canary --path=canary://a --depth=3 --key={{mine.key}} --label=team=a',
  'artifact-store register mine --flavor=own --path=canary://b',
  'artifact-store list',
  'artifact-store get',
  'artifact-store gc default --older-than=12h --dry-run',
  'artifact-store update birds --depth=4 --label=team=b',
  'artifact-store remove-attribute birds depth',
  'artifact-store copy mine copied',
  'artifact-store rename copied other',
  'artifact-store delete other',
  'migrate',
  'artifact-store describe birds',
  'stack register caged --orchestrator=default --artifact-store=birds --activate',
  'stack list',
  'stack copy caged cage',
  'stack rename cage other',
  'stack update other --label=team=a',
  'notifier register mails --flavor=mail',
  'stack add-component other --notifier=mails',
  'stack remove-component other --notifier=mails',
  'stack validate default',
  'stack doctor default',
  'stack delete other',
  'stack yaml-schema',
  'secret create vault --values=secret.yaml',
  'secret update vault --more=@more.txt',
  'secret get vault --key=more',
  'secret list',
  'secret rename vault safe',
  'secret export safe.yaml --reveal',
  'secret delete safe',
  'secret import safe.yaml',
  'secret rekey --dry-run',
  'secret-store set default environment',
  'stack export caged caged.yaml',
  'stack import caged.yaml --name=copied',
  'stack plan caged.yaml',
  'stack apply caged.yaml',
  'stack delete copied',
  'stack describe',
  'stack get',
  'status',
  'stack set default',
  'explain settings training.ts#training',
  'pipeline run training.ts#training --run-name=first',
  'run list',
  'run describe first',
  'run explain-cache first',
  'run logs first',
  'run watch first',
  'run resume killed',
  'worker --once',
  'artifact verify --all',
  'artifact gc default --dry-run',
  'run retention set --max-age=30d --max-count=100',
  'run retention set --state=failed --max-count=1',
  'run retention list',
  'run prune',
  'run retention delete',
  'run delete killed left',
  'artifact list',
  'artifact describe <id>',
  'artifact tag <id> prod good',
  'artifact untag <id> good',
  'artifact cat training/sum/output@prod',
  'artifact versions training/sum/output',
  'artifact lineage training/sum/output@1 --up',
  'artifact save notes/readme training.ts --tag=draft --metadata=pages=3',
  'artifact log-metadata notes/readme@draft kind=note',
  'run log-metadata first accuracy=0.9',
  'pipeline run drawn.ts#drawn --run-name=drawn',
  'artifact list',
  'artifact visualization <id>',
  'artifact list',
  'artifact visualization <id> html --output=drawn.html',
  'artifact list',
  'artifact download <id> downloaded.html',
  'stack delete caged',
  'artifact-store delete birds',
  'artifact-store delete mine',
  'artifact-store flavor delete own',
  'store check',
  'store backup backup.db',
  'store restore backup.db',
  'integration list',
  'integration describe stack-integration-canary',
  'integration install canary --dry-run',
  'conformance local --type=artifact-store --path=checked --case=empty',
  'completion bash',
  'schema run list',
  'version',
];

interface Called {
  readonly line: string;
  readonly command: CommandDescription;
  readonly document: JsonDocument;
  /** What ran meanwhile of the canary. */
  readonly evaluated: readonly string[];
}

function call(words: readonly string[]): Called {
  rmSync(evaluated, { force: true });
  const command = findCommands(words, ['artifact-store', 'notifier']).commands[0];
  if (command === undefined) throw new Error(`${words.join(' ')} is no command`);
  const { stdout } = runStack(root, [...words, '--json']);
  return {
    line: words.join(' '),
    command,
    document: JSON.parse(stdout) as JsonDocument,
    evaluated: existsSync(evaluated) ? readFileSync(evaluated, 'utf8').trim().split('\n') : [],
  };
}

function expectValid(name: string, { document, line }: Called): void {
  const validate = validators.get(name);
  validate?.(document);
  expect({ line, errors: validate?.errors ?? undefined, hasSchema: validate !== undefined }).toEqual({
    line,
    errors: undefined,
    hasSchema: true,
  });
}

/** As `stack schema` names it. */
function schemaName({ words }: CommandDescription): string {
  return ['stack', ...(words[0] === 'stack' ? words.slice(1) : words)].join(' ');
}

describe('every command', () => {
  const calls: Called[] = [];

  beforeAll(() => {
    for (const line of session) {
      const before = [calls.at(-1)?.document.data].flat()[0] as { readonly id?: string } | undefined;
      calls.push(call(line.replace('<id>', before?.id ?? '').split(' ')));
    }
  }, 120_000);

  it('is in the session of this test, and succeeds', () => {
    expect(commands.filter((command) => !calls.some((made) => made.command === command))).toEqual([]);
    const warned = calls.filter(({ document }) => document.warnings.length > 0);
    expect(warned.map(({ line, document }) => [line, document.warnings])).toMatchObject([
      ['secret export safe.yaml --reveal', [{ code: 'SECRET_EXPOSED' }]],
    ]);
    const failed = calls.filter(({ document }) => !document.ok);
    expect(failed.map(({ line, document }) => [line, document.error])).toEqual([]);
  });

  it('prints with --json what its schema says', () => {
    expect(calls.length).toBe(session.length);
    for (const made of calls) expectValid(schemaName(made.command), made);
  });

  it('runs no more of an integration, and of a flavor of the project, than it says', () => {
    const allowed = { manifests: [], modules: ['module'], implementations: ['module', 'implementation'] };
    for (const { line, command, evaluated: ran } of calls) {
      expect({ line, beyond: ran.filter((what) => !(allowed[command.loads] as string[]).includes(what)) }).toEqual({
        line,
        beyond: [],
      });
    }
    // The canary is alive: it tells of what does load it.
    expect(calls.find(({ line }) => line.startsWith('artifact-store register birds'))?.evaluated).toContain('module');
    expect(calls.find(({ line }) => line.startsWith('artifact-store flavor register'))?.evaluated).toContain('module');
  });

  it('has errors and help of the schema too, and loads nothing for them', { timeout: 120_000 }, () => {
    for (const command of commands) {
      const words = command.words.map((word) => (word === '<type>' ? 'artifact-store' : word));
      const failed = call([...words, '--no-such-option=1', 'x', 'y', 'z']);
      expect(failed.document).toMatchObject({ ok: false, error: { hint: expect.any(String) } });
      expectValid(schemaName(command), failed);
      const helped = call([...words, '--help']);
      expectValid('stack help', helped);
      expect([helped.document.ok, helped.evaluated, failed.evaluated]).toEqual([true, [], []]);
    }
    const general = call(['--help']);
    expectValid('stack help', general);
    const ofFlavor = call(['artifact-store', 'register', 'x', '--flavor=canary', '--help']);
    expectValid('stack help', ofFlavor);
    expect(ofFlavor.document.data).toMatchObject({
      furtherOptions: [{ option: '--path', isRequired: true }, { option: '--key', isSecret: true }, { default: 1 }],
    });
    expect([general.evaluated, ofFlavor.evaluated]).toEqual([[], []]);
  });

  it('is completed without loading anything', () => {
    rmSync(evaluated, { force: true });
    for (const words of [[''], ['artifact-store', 'register', 'x', '--flavor='], ['artifact-store', 'describe', '']]) {
      expect(runStack(root, ['__complete', ...words]).stdout).toMatch(/^words\n./);
    }
    expect(existsSync(evaluated)).toBe(false);
  });
});

it('a document that is not as the schema says is found', () => {
  const validate = validators.get('stack version');
  expect(validate?.({ ok: true, data: { version: '1', node: '24', more: 1 }, warnings: [] })).toBe(false);
  expect(validate?.({ ok: true, data: { version: '1' }, warnings: [] })).toBe(false);
});
