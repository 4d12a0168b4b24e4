import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { requiredPrograms } from '../../../tools/backends/programs.ts';
import { writeDiskFlavor } from './disk-flavor.ts';
import {
  cleanEnvironment,
  type JsonDocument,
  type Result,
  runStack,
  stackBin,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

const noTerminal = await whyUnavailable(requiredPrograms('script'));
const skipped = noTerminal === undefined ? '' : ` (skipped: ${noTerminal})`;

const folder = temporaryFolder();
const root = folder.path;
const home = temporaryFolder();

/** As for a user with a home of their own, where the key is kept. */
const environment = { ...cleanEnvironment, HOME: home.path, STACK_SECRETS_KEY: undefined };
const database = join(root, '.stack', 'stack.db');

/** Somebody gives a secret another value between its steps. */
const rotatingPipeline = `
  import { execFileSync } from 'node:child_process';
  import { pipeline, step } from '@stack/pipelines';
  const before = step({ name: 'before' }, () => {
    const words = ['secret', 'update', 'artifact-store-prod', '--accessKey=@rotated.txt'];
    execFileSync(process.execPath, [${JSON.stringify(stackBin)}, ...words], { cwd: ${JSON.stringify(root)} });
    return 1;
  });
  const after = step({ name: 'after' }, ({ value }: { value: number }) => value);
  export const rotating = pipeline({ name: 'rotating' }, () => after({ value: before() }));
`;

beforeAll(() => {
  writeDiskFlavor(root);
  writeFiles(root, {
    'training.ts': trainingPipeline,
    'rotating.ts': rotatingPipeline,
    'rows.ts': 'export const rows: number[] = [1, 2, 3];',
    'password.txt': 'password-in-a-file\n',
    'rotated.txt': 'rotated-key\n',
    'values.yaml': 'user: admin-in-a-file\npassword: "123456"\n',
    'numbers.yaml': 'user: admin-in-a-file\nport: 123456\nisOn: true\nnested: { a: hidden-value }\n',
  });
  run('init');
  run('artifact-store', 'flavor', 'register', 'flavors/disk.ts#diskFlavor');
});

afterAll(() => {
  folder[Symbol.dispose]();
  home[Symbol.dispose]();
});

function call(words: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}): Result {
  return runStack(root, words, { ...options, env: { ...environment, ...options.env } });
}

/** Runs the command, which has to succeed; warnings are on standard error. */
function run(...words: string[]): Result {
  const result = call(words);
  if (result.status !== 0) throw new Error(`stack ${words.join(' ')}: ${result.stderr}`);
  return result;
}

function json<Data = unknown>(
  words: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): JsonDocument<Data> {
  return JSON.parse(call([...words, '--json'], options).stdout) as JsonDocument<Data>;
}

/** The error of a command that has to fail. */
function failing(words: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}) {
  const { ok, error } = json(words, options);
  expect(ok, words.join(' ')).toBe(false);
  return error;
}

interface ShownSecret {
  readonly values: Readonly<Record<string, string>>;
}

function valuesOf(name: string): Readonly<Record<string, string>> {
  return json<ShownSecret>(['secret', 'get', name, '--reveal']).data.values;
}

describe('the values of a secret', () => {
  it('come from the command line, a file, standard input or a document, and keys stay as they are typed', () => {
    const words = [
      'secret',
      'create',
      'db',
      '--userName=admin-typed',
      '--pass-word',
      '@password.txt',
      '--set',
      'store=@@at-home',
    ];
    const { stdout, stderr } = run(...words);
    expect(stdout).toContain('Created the secret "db" in the secret store "default".');
    expect(stdout).toContain('{{db.pass-word}} {{db.store}} {{db.userName}}');
    expect(stderr).toMatch(/warning SECRET_EXPOSED: .*userName, store\.\n/);
    expect(stderr).toContain('hint: Spare it: --userName alone');
    expect(stdout + stderr).not.toMatch(/admin-typed|password-in-a-file|@at-home/);
    expect(valuesOf('db')).toEqual({ userName: 'admin-typed', 'pass-word': 'password-in-a-file', store: '@at-home' });

    expect(call(['secret', 'create', 'piped', '--key=-'], { input: 'from a pipe\r\n' }).stderr).toBe('');
    expect(call(['secret', 'create', 'document', '--values=-'], { input: '{"a": "value of a"}' }).status).toBe(0);
    expect(run('secret', 'create', 'yaml', '--values', 'values.yaml').stderr).toBe('');
    expect([valuesOf('piped'), valuesOf('document'), valuesOf('yaml')]).toEqual([
      { key: 'from a pipe' },
      { a: 'value of a' },
      { user: 'admin-in-a-file', password: '123456' },
    ]);
  });

  it.each([
    ['none at all', 'secret create x', 'ARGUMENT_INVALID'],
    ['a value to be asked for, where nobody is', 'secret create x --password', 'OPTION_MISSING'],
    ['the same by --prompt', 'secret create x --prompt password', 'OPTION_MISSING'],
    ['a key twice', 'secret create x --a=value-1 --set a=value-2', 'ARGUMENT_INVALID'],
    ['a key in a file too', 'secret create x --values values.yaml --user=hidden-value', 'ARGUMENT_INVALID'],
    ['standard input for two', 'secret create x --a=- --b=-', 'ARGUMENT_INVALID'],
    ['numbers, booleans and objects', 'secret create x --values numbers.yaml', 'CONFIG_INVALID'],
    ['a file that is not there', 'secret create x --a=@none.txt', 'FILE_NOT_FOUND'],
    ['a short value', 'secret create x --a=hid', 'ARGUMENT_INVALID'],
    ['the mask', 'secret create x --a=[secret]', 'ARGUMENT_INVALID'],
    ['a reference', 'secret create x --a={{b.c}}', 'ARGUMENT_INVALID'],
    ['a bad name', 'secret create x.y --a=hidden-value', 'ARGUMENT_INVALID'],
    ['a bad key', 'secret create x --a:b=hidden-value', 'ARGUMENT_INVALID'],
    ['a name that is taken', 'secret create db --a=hidden-value', 'ALREADY_EXISTS'],
    ['a word too many', 'secret create x hidden-value --a=value-1', 'ARGUMENT_INVALID'],
    ['no pair', 'secret create x --set hidden-value', 'ARGUMENT_INVALID'],
    ['another scope', 'secret create x --a=hidden-value --scope=mine', 'ARGUMENT_INVALID'],
    ['no secret store', 'secret create x --a=hidden-value --store=defautl', 'COMPONENT_NOT_FOUND'],
    ['a store that takes no writes', 'secret create x --a=hidden-value --store=environment', 'CAPABILITY_UNSUPPORTED'],
    ['nothing to change', 'secret update db', 'OPTION_MISSING'],
    ['a key to remove that is not there', 'secret update db --remove pass', 'ARGUMENT_INVALID'],
    ['no secret to change', 'secret update dbb --a=hidden-value', 'SECRET_NOT_FOUND'],
    ['no such key', 'secret get db --key=username', 'SECRET_NOT_FOUND'],
  ])('%s are refused, and shown nowhere', (_, line, code) => {
    const words = line.split(' ');
    for (const output of [call(words), call([...words, '--json']), call(words, { env: { STACK_DEBUG: '1' } })]) {
      expect(output.stdout + output.stderr).toContain(code);
      expect(output.status).not.toBe(0);
      expect(output.stdout + output.stderr).not.toMatch(/hidden-value|value-1|value-2/);
    }
    expect(failing(['secret', 'get', 'x']).code).toBe('SECRET_NOT_FOUND');
  });

  it('are told to be put in quotes where YAML takes them for something else', () => {
    const { problems = [] } = failing(['secret', 'create', 'x', '--values', 'numbers.yaml']);
    expect(problems.map(({ path, hint }) => [path, hint])).toEqual([
      ['port', 'Put it in quotes, so that it stays as it is written.'],
      ['isOn', 'Put it in quotes, so that it stays as it is written.'],
      ['nested', 'Write a text.'],
    ]);
  });

  it.skipIf(noTerminal !== undefined)(
    `are asked for on a terminal, which does not show them, and never with --json${skipped}`,
    () => {
      const onTerminal = (line: string) =>
        spawnSync('script', ['-qec', `${process.execPath} ${stackBin} ${line}`, '/dev/null'], {
          cwd: root,
          env: environment,
          input: 'typed-unseen\n',
          encoding: 'utf8',
          timeout: 25_000,
        });
      const { stdout, error } = onTerminal('secret create asked --password');
      expect(error).toBeUndefined();
      expect(stdout).toContain('Created the secret "asked"');
      expect(stdout).not.toContain('SECRET_EXPOSED');
      // What comes before the program asks is shown by the terminal; the program itself shows none of it.
      const [, afterQuestion] = stdout.split('password: ');
      expect(afterQuestion).toBeDefined();
      expect(afterQuestion).not.toContain('typed-unseen');
      expect(valuesOf('asked')).toEqual({ password: 'typed-unseen' });
      expect(onTerminal('secret create asked-too --password --json').stdout).toContain('OPTION_MISSING');
    },
  );

  it('are masked unless they are to be revealed, one of them also alone', () => {
    for (const words of [
      ['secret', 'get', 'db'],
      ['secret', 'list'],
    ]) {
      expect(run(...words).stdout + run(...words, '--json').stdout).not.toMatch(/admin-typed|password-in-a-file/);
    }
    expect(json(['secret', 'get', 'db'])).toMatchObject({
      ok: true,
      data: {
        store: 'default',
        scope: 'project',
        isRevealed: false,
        values: { userName: '[secret]', store: '[secret]' },
      },
    });
    expect(run('secret', 'get', 'db', '--key', 'pass-word').stdout).toBe('[secret]\n');
    expect(run('secret', 'get', 'db', '--key', 'pass-word', '--reveal').stdout).toBe('password-in-a-file\n');
    expect(json(['secret', 'get', 'db', '--key', 'store', '--reveal'])).toMatchObject({
      data: { values: { store: '@at-home' } },
    });
  });

  it('of a personal secret hide those of the project', () => {
    run('secret', 'create', 'db', '--values', 'values.yaml', '--scope=personal');
    expect(valuesOf('db')).toEqual({ user: 'admin-in-a-file', password: '123456' });
    expect(json<ShownSecret>(['secret', 'get', 'db', '--scope=project', '--reveal']).data.values).toHaveProperty(
      'userName',
    );
    expect(run('secret', 'delete', 'db', '--scope=personal').stdout).toContain('Deleted the personal secret "db"');
    expect(valuesOf('db')).toHaveProperty('userName');
  });
});

describe('secrets in files', () => {
  it('are exported in clear for their owner alone, when it is asked for, and imported again', () => {
    expect(failing(['secret', 'export', 'all.yaml']).code).toBe('OPTION_MISSING');
    expect(failing(['secret', 'export', 'all.txt', '--reveal']).code).toBe('ARGUMENT_INVALID');
    const { stdout, stderr } = run('secret', 'export', 'all.yaml', '--reveal');
    expect(stderr).toContain('warning SECRET_EXPOSED');
    expect(stdout + stderr).not.toContain('admin-typed');
    expect(statSync(join(root, 'all.yaml')).mode & 0o777).toBe(0o600);
    expect(failing(['secret', 'export', 'all.yaml', '--reveal']).code).toBe('ALREADY_EXISTS');
    const before = valuesOf('db');
    expect(failing(['secret', 'import', 'all.yaml']).code).toBe('ALREADY_EXISTS');
    for (const name of ['db', 'yaml']) run('secret', 'delete', name);
    const dry = run('secret', 'import', 'all.yaml', '--on-conflict=skip', '--dry-run').stdout;
    expect(dry).toContain('This is a dry run');
    expect(failing(['secret', 'get', 'db']).code).toBe('SECRET_NOT_FOUND');
    const { data } = json<{ secrets: { name: string; action: string }[] }>([
      'secret',
      'import',
      'all.yaml',
      '--on-conflict=skip',
    ]);
    expect(Object.fromEntries(data.secrets.map(({ name, action }) => [name, action]))).toMatchObject({
      db: 'create',
      yaml: 'create',
      piped: 'skip',
    });
    expect(valuesOf('db')).toEqual(before);
    rmSync(join(root, 'all.yaml'));
  });

  it('may be those of another program, and broken ones are told without what is in them', () => {
    writeFiles(root, {
      '.env': 'DB_USER=admin-of-env\nexport DB_PASSWORD="pass word # with"\n',
      'broken.json': '{"db": {"password": "hidden-value"',
      'bad.yaml': 'db: hidden-value\nmail: { token: 12345678 }\n',
    });
    expect(failing(['secret', 'import', '.env']).hint).toContain('--name=NAME');
    run('secret', 'import', '.env', '--name', 'env');
    expect(valuesOf('env')).toEqual({ DB_USER: 'admin-of-env', DB_PASSWORD: 'pass word # with' });
    for (const file of ['broken.json', 'bad.yaml']) {
      const error = failing(['secret', 'import', file]);
      expect(error.code).toBe('CONFIG_INVALID');
      expect(JSON.stringify(error)).not.toMatch(/hidden-value|12345678/);
    }
    expect(call(['secret', 'import', '-'], { input: 'more: { key: value of more }' }).status).toBe(0);
    expect(valuesOf('more')).toEqual({ key: 'value of more' });
  });
});

describe('a component with a secret', () => {
  const register = ['artifact-store', 'register', 'prod', '--flavor=disk', '--path=data'];

  /** Digests of the access key, the region, the token and the note of a step of a run. */
  function digestsOf(name: string, step = 0): readonly string[] {
    interface Metadata {
      readonly components: Readonly<Record<string, { readonly digests: readonly string[] }>>;
    }
    const { data } = json<{ steps: readonly { metadata: Metadata }[] }>(['run', 'describe', name]);
    return data.steps[step]?.metadata.components['artifact-store/prod']?.digests ?? [];
  }

  function digest(value: string): string {
    return createHash('sha256').update(value).digest('hex').slice(0, 12);
  }

  it('is refused with the value, and told what to type instead, which works', () => {
    const { problems = [] } = failing([...register, '--access-key=hidden-value', '--token=hidden-token']);
    expect(problems[0]?.hint).toContain(
      'stack secret create artifact-store-prod --accessKey=VALUE --token=VALUE, and then give --access-key=',
    );
    expect(JSON.stringify(problems)).not.toContain('hidden-value');
    run('secret', 'create', 'artifact-store-prod', '--accessKey=access-key-1', '--token=token-of-prod');
    run(
      ...register,
      '--access-key={{artifact-store-prod.accessKey}}',
      '--token={{artifact-store-prod.token}}',
      '--region={{artifact-store-prod.region}}',
    );
    run('register', 'prod', '--orchestrator=default', '--artifact-store=prod', '--activate');
  });

  it('is not valid while a value is missing, with the command that gives it', () => {
    const { problems = [] } = failing(['validate']);
    expect(problems).toMatchObject([
      {
        path: 'artifact-store:prod.region',
        code: 'SECRET_NOT_FOUND',
        hint: 'Add the key: stack secret update artifact-store-prod --region=VALUE --store default',
      },
    ]);
    run('secret', 'update', 'artifact-store-prod', '--region=region-secret', '--store', 'default');
    expect(run('validate').stdout).toContain('is valid');
  });

  it('has the value in a run, and a new one in the next run', () => {
    run('pipeline', 'run', 'training.ts#training', '--run-name=first');
    expect(digestsOf('first')).toEqual(['access-key-1', 'region-secret', 'token-of-prod', 'undefined'].map(digest));
    run('secret', 'update', 'artifact-store-prod', '--accessKey=access-key-2');
    run('pipeline', 'run', 'training.ts#training', '--run-name=second', '--no-cache');
    expect(digestsOf('second')[0]).toBe(digest('access-key-2'));
  });

  it('keeps the value that it has when another one comes while it runs', () => {
    run('pipeline', 'run', 'rotating.ts#rotating', '--run-name=rotating');
    expect([digestsOf('rotating', 0)[0], digestsOf('rotating', 1)[0]]).toEqual(Array(2).fill(digest('access-key-2')));
    run('pipeline', 'run', 'training.ts#training', '--run-name=rotated', '--no-cache');
    expect(digestsOf('rotated')[0]).toBe(digest('rotated-key'));
    run('secret', 'update', 'artifact-store-prod', '--accessKey=access-key-2');
  });

  it('takes it from the environment where that has it, since it is asked first', () => {
    const env = { STACK_SECRET_ARTIFACT_STORE_PROD__ACCESSKEY: 'from-the-environment' };
    call(['pipeline', 'run', 'training.ts#training', '--run-name=third', '--no-cache'], { env });
    expect(digestsOf('third')).toEqual(
      ['from-the-environment', 'region-secret', 'token-of-prod', 'undefined'].map(digest),
    );
    expect(json(['secret-store', 'get']).data).toMatchObject([{ name: 'environment' }, { name: 'default' }]);
    expect(json(['secret-store', 'set', 'default', 'environment']).data).toMatchObject({
      stores: ['default', 'environment'],
    });
    call(['pipeline', 'run', 'training.ts#training', '--run-name=fourth', '--no-cache'], { env });
    expect(digestsOf('fourth')[0]).toBe(digest('access-key-2'));
  });

  it('keeps its secret from being deleted and renamed, and says so in validate when it is gone all the same', () => {
    const uses =
      'artifact-store:prod.config.accessKey, artifact-store:prod.config.region, artifact-store:prod.settings.token';
    for (const words of ['delete artifact-store-prod', 'rename artifact-store-prod prod-key']) {
      const error = failing(['secret', ...words.split(' ')]);
      expect(error).toMatchObject({
        code: 'IN_USE',
        message: expect.stringContaining('artifact-store:prod.config.accessKey'),
      });
      expect(error.message.split('referred to by ')[1]?.slice(0, -1).split(', ').sort()).toEqual(uses.split(', '));
    }
    run('secret', 'rename', 'artifact-store-prod', 'prod-key', '--force');
    const { problems = [] } = failing(['validate']);
    expect(problems.map(({ hint }) => hint)[0]).toContain('stack secret create artifact-store-prod');
    const update = [
      '--access-key={{prod-key.accessKey}}',
      '--region={{prod-key.region}}',
      '--token={{prod-key.token}}',
    ];
    run('artifact-store', 'update', 'prod', ...update);
    expect(run('validate').stdout).toContain('is valid');
    run('secret', 'delete', 'prod-key', '--force');
    const failed = call(['pipeline', 'run', 'training.ts#training']);
    expect(failed.stderr).toMatch(/error SECRET_NOT_FOUND: .*\{\{prod-key\.accessKey\}\}/);
    expect(failed.status).toBe(3);
    run('secret', 'create', 'prod-key', '--accessKey=access-key-3', '--region=region-3', '--token=token-3');
  });

  it('has them too when the conformance of its flavor is checked', () => {
    const words = ['conformance', 'disk', '--type=artifact-store', '--path=checked', '--case=empty'];
    expect(json([...words, '--access-key={{prod-key.accessKey}}'])).toMatchObject({ ok: true });
    expect(json([...words, '--access-key={{prod-key.no}}'])).toMatchObject({ ok: false });
  });

  it('may be given the value where that is allowed, which is then a secret', () => {
    const words = [
      'artifact-store',
      'register',
      'plain',
      '--flavor=disk',
      '--path=data',
      '--access-key=plain-access-key',
      '--allow-plain-secret',
    ];
    expect(json([...words, '--dry-run']).data).toMatchObject({
      config: { accessKey: '{{artifact-store-plain.accessKey}}' },
    });
    expect(failing(['secret', 'get', 'artifact-store-plain']).code).toBe('SECRET_NOT_FOUND');
    const { stdout, stderr } = run(...words);
    expect(stderr).toContain('SECRET_EXPOSED');
    expect(stdout + stderr).not.toContain('plain-access-key');
    expect(valuesOf('artifact-store-plain')).toEqual({ accessKey: 'plain-access-key' });
    expect(readFileSync(database, 'latin1')).not.toContain('plain-access-key');
  });
});

/** Runs SQL on the file of the metadata store, as somebody does who has got hold of it, and gives the first row. */
function sql(statement: string, ...parameters: string[]): string {
  const script = `
    const { DatabaseSync } = require('node:sqlite');
    const [file, statement, ...parameters] = process.argv.slice(1);
    const row = new DatabaseSync(file).prepare(statement).get(...parameters);
    process.stdout.write(JSON.stringify(row ?? {}));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, database, statement, ...parameters], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return stdout;
}

type SealedValues = Readonly<Record<string, unknown>>;

function sealedValues(name: string): SealedValues {
  const row = JSON.parse(sql('select sealed_values from sealed_secrets where name = ?', name));
  return JSON.parse((row as { sealed_values: string }).sealed_values) as SealedValues;
}

function edit(name: string, values: SealedValues): void {
  sql('update sealed_secrets set sealed_values = ? where name = ?', JSON.stringify(values), name);
}

describe('where the secrets cannot be opened', () => {
  const wrongKey = { STACK_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64') };

  function expectTold(code: string, env: NodeJS.ProcessEnv = {}): void {
    expect(failing(['secret', 'get', 'prod-key'], { env }).code).toBe(code);
    expect(failing(['validate'], { env }).problems).toMatchObject([{ path: 'artifact-store:prod', code }]);
    expect(failing(['pipeline', 'run', 'training.ts#training'], { env }).code).toBe(code);
  }

  it('the key is told to be another one', () => {
    expectTold('SECRET_KEY_WRONG', wrongKey);
    const { problems = [] } = failing(['doctor'], { env: wrongKey });
    expect(problems.map((problem) => (problem as { code?: string }).code)).toContain('SECRET_KEY_WRONG');
    expect(json(['secret', 'list'], { env: wrongKey })).toMatchObject({ ok: true });
  });

  it('the key is told to be lost', () => {
    expectTold('SECRET_KEY_MISSING', { HOME: root });
    expect(failing(['secret', 'create', 'other', '--a=@password.txt'], { env: { HOME: root } }).code).toBe(
      'SECRET_KEY_MISSING',
    );
  });

  it('the secret is told to be damaged where somebody edited the database', () => {
    const before = sealedValues('prod-key');
    // A value of another secret, sealed with the right key.
    edit('prod-key', { ...before, accessKey: sealedValues('artifact-store-plain').accessKey });
    expectTold('SECRET_DAMAGED');
    edit('prod-key', before);
    expect(run('validate').stdout).toContain('is valid');
  });

  it('a new key that is given is taken by rekey, and opens all of them', () => {
    expect(json(['secret', 'rekey']).data).toMatchObject({ store: 'default', scope: 'project' });
    expect(valuesOf('prod-key')).toMatchObject({ accessKey: 'access-key-3' });
    expect(run('doctor').stdout).toContain('works');
  });
});
