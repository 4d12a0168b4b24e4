import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskFlavorFiles } from './disk-flavor.ts';
import { found, foundInFiles, markers } from './marker-search.ts';
import { cleanEnvironment, temporaryFolder, writeFiles } from './run-stack.ts';
import { everyCommand, SearchedSession } from './searched-session.ts';

// The example as users find it, on a stack whose artifact store has secrets: what is looked for is in no file and no output.

const example = join(import.meta.dirname, '..', '..', '..', 'examples', 'penguins');
const project = temporaryFolder();
const root = project.path;
/** Where the values are given from, and the key is: outside of what is searched. */
const outside = temporaryFolder();
const session = new SearchedSession(root, outside.path);

const lines = everyCommand([
  'explain settings pipelines/training.ts#training',
  'pipeline run pipelines/training.ts#training --config=run.yaml --ratio=0.7 --run-name=penguins',
  'run list',
  'run describe penguins',
  'run logs penguins',
  'run explain-cache penguins',
  'run watch penguins',
  'run resume penguins',
]);

interface RunOfPenguins {
  readonly state: string;
  readonly stack: string;
  readonly artifacts: readonly { readonly id: string; readonly step: string; readonly output: string }[];
}

function quickstart(): { readonly status: number | null; readonly output: string } {
  const path = [dirname(process.execPath), join(example, 'node_modules', '.bin'), cleanEnvironment.PATH].join(
    delimiter,
  );
  const env = { ...cleanEnvironment, HOME: outside.path, PATH: path };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['quickstart.ts'], {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, output: stdout + stderr };
}

/** The example where nothing of it is shared with the one in the repository, but the packages that it uses. */
function copyExample(): void {
  cpSync(example, root, {
    recursive: true,
    filter: (path) => !['node_modules', '.stack', '.turbo'].includes(basename(path)),
  });
  const modules = join(example, 'node_modules');
  mkdirSync(join(root, 'node_modules', '@stack'), { recursive: true });
  for (const name of [...readdirSync(modules), ...readdirSync(join(modules, '@stack')).map((own) => `@stack/${own}`)]) {
    if (name !== '@stack' && !name.startsWith('.')) {
      symlinkSync(realpathSync(join(modules, name)), join(root, 'node_modules', name));
    }
  }
}

let started: ReturnType<typeof quickstart>;

beforeAll(() => {
  copyExample();
  started = quickstart();
  writeFiles(root, {
    ...diskFlavorFiles,
    'run.yaml': "settings: { artifact-store.disk: { token: '{{marks.token}}', note: '{{marks.region}}' } }\n",
    'more.txt': 'one more value',
  });
  writeFiles(outside.path, { 'marks.json': JSON.stringify({ marks: markers }) });
  expect(session.call(['secret', 'import', join(outside.path, 'marks.json')]).stderr).toBe('');
  session.callAll(lines);
}, 300_000);

afterAll(() => {
  project[Symbol.dispose]();
  outside[Symbol.dispose]();
});

describe('a secret of the stack that the penguins are classified on', () => {
  it('is used by every command, and by each step', () => {
    expect(session.missing(lines)).toEqual([]);
    expect({ status: started.status, tail: started.output }).toEqual({
      status: 0,
      tail: expect.stringContaining('penguins'),
    });
    const run = session.data<RunOfPenguins>('run', 'describe', 'penguins');
    expect(run).toMatchObject({ state: 'completed', stack: 'leaky' });
    expect(new Set(run.artifacts.map(({ step }) => step))).toContain('report');
    // The flavor keeps with each step what it got, as digests.
    const digests = [markers.key, markers.region, markers.token, markers.region].map((value) =>
      createHash('sha256').update(value).digest('hex').slice(0, 12),
    );
    expect(JSON.stringify(run)).toContain(JSON.stringify({ digests }).slice(1, -1));
    const outputOf = (name: string) =>
      run.artifacts.find(({ step, output }) => step === 'report' && output === name)?.id ?? '';
    expect(session.call(['artifact', 'visualization', outputOf('page')]).stdout).toContain('<h1>Palmer penguins</h1>');
    expect(session.call(['artifact', 'cat', outputOf('summary')]).stdout).toMatch(
      /^Accuracy on held-out penguins: [01]\.\d{3} \(\d+ of 100\)/,
    );
  });

  it('is in nothing that a command prints', () => {
    expect(session.called.length).toBeGreaterThan(2 * lines.length);
    expect([found(Buffer.from(started.output)), session.called.filter(({ hits }) => hits.length > 0)]).toEqual([
      [],
      [],
    ]);
  });

  it('is in no file of the project: the database and its WAL, artifacts, logs', () => {
    expect(globSync('data/artifacts/**/*', { cwd: root }).length).toBeGreaterThan(8);
    expect(readFileSync(join(root, '.stack', 'stack.db')).includes('{{marks.key}}')).toBe(true);
    expect(foundInFiles(root)).toEqual({});
  });

  it('is found where a command writes it in clear', () => {
    session.call(['secret', 'export', '.stack/marks.json', '--reveal']);
    expect(Object.keys(foundInFiles(root))).toEqual(['.stack/marks.json']);
  });
});
