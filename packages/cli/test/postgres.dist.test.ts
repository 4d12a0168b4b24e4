import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { type PostgresServer, postgres } from '../../../tools/backends/postgres.ts';
import {
  cleanEnvironment,
  diskFlavor,
  type JsonDocument,
  type Result,
  runStack,
  temporaryFolder,
  trainingPipeline,
  writeFiles,
} from './run-stack.ts';

const obstacle = await whyUnavailable(postgres);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

const project = {
  'training.ts': trainingPipeline,
  'rows.ts': 'export const rows: number[] = [1, 2, 3];',
};

describe.skipIf(obstacle !== undefined)(`a project whose metadata store is in PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  let label: string;
  const first = temporaryFolder();
  const second = temporaryFolder();
  /** Everything that any command of this file printed. */
  const printed: string[] = [];

  beforeAll(async () => {
    server = await postgres.start();
    label = `postgres://${server.user}@127.0.0.1:${server.port}/postgres?schema=team`;
    writeFiles(first.path, { ...project, 'own.ts': diskFlavor });
    writeFiles(second.path, project);
  }, 60_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    for (const folder of [first, second]) folder[Symbol.dispose]();
  });

  function run(folder: string, words: readonly string[], url = `${server.url}?schema=team`): Result {
    const result = runStack(folder, words, { env: { ...cleanEnvironment, STACK_STORE_URL: url } });
    printed.push(result.stdout, result.stderr);
    return result;
  }

  /** Runs a command with `--json`. */
  function json<Data>(folder: string, line: string): JsonDocument<Data> {
    const { stdout, stderr } = run(folder, [...line.split(' '), '--json']);
    expect({ line, stderr }).toEqual({ line, stderr: '' });
    return JSON.parse(stdout) as JsonDocument<Data>;
  }

  const inFirst = <Data>(line: string) => json<Data>(first.path, line);
  const inSecond = <Data>(line: string) => json<Data>(second.path, line);

  it('is made by init, which leaves no SQLite file and says which store it made', () => {
    expect(inFirst('status')).toMatchObject({ ok: false, error: { code: 'PROJECT_NOT_FOUND' } });
    const { status, stdout } = run(first.path, ['init']);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringContaining(`Made ${first.path} a project. Its metadata store is ${label}, `),
    });
    expect(inFirst('init')).toMatchObject({ data: { isNew: false, store: label } });
    expect(runStack(first.path, ['store', 'check'])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('there is no such file'),
    });
  });

  it('registers, lists by the fast path and describes', () => {
    expect(inFirst('artifact-store flavor register own.ts#diskFlavor').ok).toBe(true);
    expect(inFirst('artifact-store register spare --flavor=local --path=spare').ok).toBe(true);
    expect(inFirst('artifact-store register disk --flavor=disk --path=disk://a --accessKey={{disk.key}}').ok).toBe(
      true,
    );
    expect(inFirst('register other --orchestrator=default --artifact-store=spare').ok).toBe(true);
    expect(inFirst('artifact-store flavor list')).toMatchObject({ data: [{ name: 'disk' }, { name: 'local' }] });
    expect(inFirst('artifact-store list')).toMatchObject({
      data: [{ name: 'default' }, { name: 'disk' }, { name: 'spare' }],
    });
    expect(inFirst('artifact-store describe disk')).toMatchObject({ data: { config: { accessKey: '{{disk.key}}' } } });
    expect(inFirst('artifact-store register spare --flavor=local --path=x')).toMatchObject({
      error: { code: 'ALREADY_EXISTS' },
    });
  });

  it('runs pipelines, and status shows them and the store', () => {
    expect(inFirst('pipeline run training.ts#training --run-name=first --stack=other')).toMatchObject({
      ok: true,
      data: { state: 'completed' },
    });
    expect(inFirst('status')).toMatchObject({
      data: { root: first.path, store: label, activeStack: { name: 'default' }, runs: [{ name: 'first' }] },
    });
    const fields = run(first.path, ['status'])
      .stdout.split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(fields).toContainEqual(['metadata store', label]);
    const { data: artifacts } = inFirst<{ id: string; name: string }[]>('artifact list');
    expect(inFirst(`artifact cat ${artifacts[0]?.id}`).ok).toBe(true);
  });

  it.each<[string, string[], string[]]>([
    ['components', ['artifact-store', 'describe', ''], ['default', 'disk', 'spare']],
    ['stacks', ['set', 'o'], ['other']],
    ['runs', ['run', 'logs', ''], ['first']],
    ['artifacts', ['artifact', 'describe', ''], ['training/load/output', 'training/sum/output']],
    ['flavors', ['artifact-store', 'register', 'x', '--flavor', ''], ['disk', 'local']],
  ])('completes names of %s', (_, words, expected) => {
    const { stdout, stderr } = run(first.path, ['__complete', ...words]);
    const names = stdout.split('\n').map((line) => line.replace(/\t.*$/, ''));
    expect({ names, stderr }).toEqual({ names: ['words', ...expected, ''], stderr: '' });
  });

  it('is shared by two checkouts', () => {
    expect(inSecond('init')).toMatchObject({ data: { root: second.path, isNew: true, store: label } });
    // Nothing was lost, and the stack of the first is not made twice.
    expect(inSecond('stack list')).toMatchObject({ data: [{ name: 'default' }, { name: 'other' }] });
    expect(inSecond('artifact-store register theirs --flavor=local --path=theirs').ok).toBe(true);
    expect(inFirst('artifact-store describe theirs')).toMatchObject({ ok: true, data: { config: { path: 'theirs' } } });
    expect(inSecond('pipeline run training.ts#training --run-name=second').ok).toBe(true);
    expect(inFirst('run list')).toMatchObject({ data: [{ name: 'second' }, { name: 'first' }] });
    // Each wrote to its own folder, under the same name: what the record says is where an artifact is.
    for (const reference of ['training/sum/output@1', 'training/sum/output@2']) {
      for (const call of [inFirst, inSecond]) {
        expect(call(`artifact cat ${reference}`)).toMatchObject({ data: { content: '{"total":12}' } });
      }
    }
    // The file of a flavor is in the first alone.
    expect(inSecond('artifact-store describe disk')).toMatchObject({ ok: true, data: { flavor: 'disk' } });
    expect(inSecond('artifact-store update disk --path=disk://b')).toMatchObject({
      ok: false,
      error: { code: 'MODULE_NOT_FOUND' },
    });
  });

  it('is checked, and names the tools of PostgreSQL for a backup and a restore', () => {
    expect(inFirst('store check')).toMatchObject({
      ok: true,
      data: { product: 'PostgreSQL', store: label, problems: [], rows: { runs: 2, stacks: 2 } },
    });
    const file = join(first.path, 'backup.dump');
    const connection = `--host=127.0.0.1 --port=${server.port} --username=${server.user} --dbname=postgres`;
    expect(inFirst('store backup backup.dump')).toMatchObject({
      ok: false,
      error: {
        code: 'CAPABILITY_UNSUPPORTED',
        hint: `pg_dump --format=custom --schema=team --file=${file} ${connection}`,
      },
    });
    expect(inFirst('store restore backup.dump')).toMatchObject({
      ok: false,
      error: { code: 'CAPABILITY_UNSUPPORTED', hint: expect.stringMatching(/^pg_restore .*--schema=team /) },
    });
  });

  it.each(['status', 'init', 'store check', 'artifact-store flavor list', 'pipeline run training.ts#training'])(
    'refuses a wrong password without repeating it: %s',
    (line) => {
      const url = Object.assign(new URL(`${server.url}?schema=team`), { password: 'wr%40ng' }).href;
      const words = line.split(' ');
      const { status, stdout, stderr } = run(first.path, words, url);
      expect({ status, stdout }).toEqual({ status: 6, stdout: '' });
      expect(stderr).toContain(`${label} cannot be used: password authentication failed`);
      expect(stderr).toMatch(/^hint: .*STACK_STORE_URL/m);
      const { stdout: document } = run(first.path, [...words, '--json'], url);
      expect(JSON.parse(document)).toMatchObject({ ok: false, error: { code: 'STORE_UNAVAILABLE' } });
      expect(`${stdout}${stderr}${document}`).not.toMatch(/wr(@|%40)ng/);
    },
  );

  it('says what to set where the variable is missing', () => {
    expect(runStack(first.path, ['status'])).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/there is no such file\.\n *hint: .*set STACK_STORE_URL/),
    });
  });

  it('prints its password nowhere', () => {
    expect(printed.length).toBeGreaterThan(40);
    const { password } = server;
    const text = printed.join('');
    expect([password, encodeURIComponent(password)].filter((form) => text.includes(form))).toEqual([]);
  });
});
