import { existsSync, globSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunStart } from '@stack/core';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addedComponents } from '../../test/added-components.ts';
import { newArtifact } from '../../test/new-artifact.ts';
import { heavyPackages, runChild } from '../../test/run-child.ts';
import { createComponentTable } from '../components/component-table.ts';
import { readFlavorSnapshots } from '../flavors/flavor-snapshots.ts';
import type { NewComponent, NewFlavor } from '../metadata-store.ts';
import { openStore } from '../open-store.ts';
import { migrate } from '../schema/migrate.ts';
import { migrations } from '../schema/migrations.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import { openSqliteEngine } from './sqlite-engine.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack store-'));
  file = join(folder, 'stack.db');
});

afterEach(() => rm(folder, { recursive: true }));

/** Both ways to read a store give the same errors. */
const ways: readonly { readonly way: string; read(path: string): Promise<unknown> }[] = [
  {
    way: 'openStore',
    async read(path) {
      await using store = await openStore({ file: path });
      await store.components.list();
      return await store.flavors.list();
    },
  },
  { way: 'readFlavorSnapshots', read: (path) => readFlavorSnapshots({ file: path }) },
];

describe.each(ways)('a file that is no store, read by $way', ({ read }) => {
  test('a file that is not there', async () => {
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `The metadata store ${file} cannot be used: there is no such file.`,
      hint: expect.stringMatching(/STACK_STORE_URL.*stack init/),
    });
    expect(existsSync(file)).toBe(false);
  });

  test('a folder that is not there', async () => {
    await expect(read(join(folder, 'none', 'stack.db'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(`there is no folder ${join(folder, 'none')}`),
    });
  });

  test('a folder in the place of the file', async () => {
    await mkdir(file);
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('it is a folder'),
    });
  });

  test('a text file', async () => {
    writeFileSync(file, 'This is a text, and no database.\n'.repeat(500));
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(file),
      hint: expect.stringContaining('stack init'),
    });
  });

  test('an empty file', async () => {
    writeFileSync(file, '');
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('is empty'),
    });
  });

  test('a store that lost its end', async () => {
    await fillStore();
    truncateSync(file, 20_000);
    await expect(read(file)).rejects.toMatchObject({ code: 'STORE_CORRUPT', message: expect.stringContaining(file) });
  });

  test('a store whose pages were overwritten', async () => {
    await fillStore();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill('x', 100));
    await expect(read(file)).rejects.toMatchObject({ code: 'STORE_CORRUPT', message: expect.stringContaining(file) });
  });

  test('the database of another program', async () => {
    edit('create table notes (text)', 'pragma user_version = 1');
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('another program'),
    });
  });

  test('a store without one of its tables', async () => {
    await fillStore();
    edit('drop table flavors');
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('no such table: flavors'),
    });
  });

  test('a store of a newer version', async () => {
    await fillStore();
    edit(`pragma user_version = ${schemaVersion + 1}`);
    await expect(read(file)).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
      message: `The metadata store ${file} has version ${schemaVersion + 1}; this version of Stack knows up to ${schemaVersion}.`,
      hint: expect.stringContaining('npm install @stack/cli@latest'),
    });
  });

  test('a store without permission', async () => {
    await fillStore();
    await chmod(file, 0o600);
    await chmod(folder, 0o555);
    await expect(asOrdinaryUser(() => read(file))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining(folder),
    });
  });
});

describe('making a store', () => {
  test('in a folder that is read-only', async () => {
    await chmod(folder, 0o555);
    await expect(asOrdinaryUser(() => openStore({ file, create: true }))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining(folder),
    });
  });

  test('below a regular file', async () => {
    writeFileSync(file, '');
    await expect(openStore({ file: join(file, 'stack.db'), create: true })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(`${file} is not a folder`),
    });
  });

  test('in the place of a database of another program leaves that as it is', async () => {
    edit('create table notes (text)');
    const before = readFileSync(file);
    await expect(openStore({ file, create: true })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(readFileSync(file)).toEqual(before);
  });

  test('whose file has characters that mean something in a URL', async () => {
    const odd = join(folder, 'a?b#c%20d é.db');
    await using store = await openStore({ file: odd, create: true });
    await store.components.add(newComponent('prod'));
    expect(existsSync(odd)).toBe(true);
  });

  test('that is there already opens it', async () => {
    await fillStore();
    await using store = await openStore({ file, create: true });
    expect(await addedComponents(store.components)).toHaveLength(50);
  });
});

describe('a store that is damaged while it is open', () => {
  test('a query that meets the damage says so', async () => {
    await fillStore();
    await using store = await openStore({ file });
    const size = readFileSync(file).length;
    writeFileSync(file, Buffer.alloc(size, 'x'));
    await expect(store.components.list()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(file),
    });
  });
});

describe('rows that were edited by hand', () => {
  const edits: readonly { readonly table: string; readonly column: string; readonly value: string }[] = [
    { table: 'flavors', column: 'manifest', value: `'{"type":1}'` },
    { table: 'flavors', column: 'files', value: `'[]'` },
    { table: 'components', column: 'config', value: `'{"path":'` },
    { table: 'components', column: 'config', value: `'null'` },
    { table: 'components', column: 'labels', value: `'{"a":1}'` },
    { table: 'components', column: 'created_at', value: `'yesterday'` },
    { table: 'stacks', column: 'labels', value: `''` },
    { table: 'runs', column: 'plan', value: `'{"planVersion":1}'` },
    { table: 'runs', column: 'state', value: `'walking'` },
    { table: 'step_runs', column: 'error', value: `'{}'` },
    { table: 'step_runs', column: 'started_at', value: `1e300` },
    { table: 'step_runs', column: 'inputs', value: `'[{"input":"rows"}]'` },
    { table: 'artifacts', column: 'store', value: `'{"component":"a"}'` },
    { table: 'artifacts', column: 'tags', value: `'{}'` },
    { table: 'artifacts', column: 'contents', value: `'[{"path":"a"}]'` },
    { table: 'artifacts', column: 'visualizations', value: `'[{"path":"a","size":1,"sha256":"00"}]'` },
  ];

  test.each(edits)('$column of $table as $value', async ({ table, column, value }) => {
    const run = newRun(['load']);
    const component = newComponent('prod');
    await using store = await openStore({ file, create: true });
    await store.flavors.add(newFlavor('my-s3'));
    const { id } = await store.components.add(component);
    await store.stacks.add({ name: 'prod', components: [id] });
    const lease = await store.runs.startRun(run);
    await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    await store.runs.recordStep(lease, 'load', {
      state: 'completed',
      artifacts: [newArtifact(run.id, 'load')],
      metadata: {},
    });
    const readTable: Readonly<Record<string, () => Promise<unknown>>> = {
      flavors: () => store.flavors.list(),
      components: () => store.components.list(),
      stacks: () => store.stacks.list(),
      runs: () => store.runs.listRuns(),
      step_runs: () => store.runs.listStepRuns(run.id),
      artifacts: () => store.runs.listArtifacts(),
    };
    const read = async () => await readTable[table]?.();
    await read();
    // Of the components the last one is that of this test.
    const changed = edit(`update ${table} set ${column} = ${value} returning *`).at(-1);
    await expect(read()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(
        new RegExp(`"${column}" of ${changed?.id ?? `${run.id}/load`} in the table ${table} is not`),
      ),
    });
  });

  test('a number that JavaScript cannot hold', async () => {
    await using store = await openStore({ file, create: true });
    await store.components.add(newComponent('prod'));
    edit('update components set config_version = 9007199254740993');
    await expect(store.components.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  test('a component whose config is broken can be removed', async () => {
    await using store = await openStore({ file, create: true });
    await store.components.add(newComponent('prod'));
    edit(`update components set config = '{' where name = 'prod'`);
    await store.components.remove('artifact-store', 'prod');
    expect(await addedComponents(store.components)).toEqual([]);
  });
});

test.each([
  ['normal', 1],
  ['full', 2],
] as const)('a commit waits for the disk as was asked: %s', async (synchronous, level) => {
  await using engine = await openSqliteEngine({ file, create: true, patience: 100, synchronous });
  const { rows } = await engine.read((database) => sql`pragma synchronous`.execute(database));
  expect(rows).toEqual([{ synchronous: level }]);
});

describe('a full disk', () => {
  test('a write that does not fit is an error, leaves nothing behind, and the store goes on', async () => {
    await using engine = await openSqliteEngine({ file, create: true, patience: 1000 });
    await migrate(engine);
    const components = createComponentTable(engine);
    const large = newComponent('large', { config: { text: 'x'.repeat(1_000_000) } });
    await engine.read((database) => sql`pragma max_page_count = 60`.execute(database));
    await expect(components.add(large)).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: expect.stringContaining(file),
      hint: expect.stringContaining(folder),
    });
    expect(await addedComponents(components)).toEqual([]);
    await engine.read((database) => sql`pragma max_page_count = 10000`.execute(database));
    await components.add(large);
    expect(await addedComponents(components)).toHaveLength(1);
  });
});

describe('a store that another process has locked', () => {
  test('writes wait for it in order, without keeping this process from reading and from other work', async () => {
    await using store = await openStore({ file, create: true });
    await store.components.add(newComponent('prod', { config: { calls: [] } }));
    using other = new DatabaseSync(file);
    other.exec('begin immediate');
    const calls = Array.from({ length: 10 }, (_, index) => index);
    const updates = calls.map((call) =>
      store.components.update('artifact-store', 'prod', ({ config }) => ({
        config: { calls: [...(config.calls as number[]), call] },
      })),
    );
    const all = Promise.all(updates);
    expect((await store.components.get('artifact-store', 'prod')).config).toEqual({ calls: [] });
    await sleep(150);
    other.exec('commit');
    await all;
    expect((await store.components.get('artifact-store', 'prod')).config).toEqual({ calls });
  });

  test('a write gives up when its patience is at an end', async () => {
    await using engine = await openSqliteEngine({ file, create: true, patience: 100 });
    await migrate(engine);
    using other = new DatabaseSync(file);
    other.exec('begin immediate');
    await expect(createComponentTable(engine).add(newComponent('prod'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: `The metadata store ${file} has been locked by another process for 0.1 s.`,
    });
  });
});

describe('the record of a run', () => {
  test('every change of a state appends an event', async () => {
    await using store = await openStore({ file, create: true });
    const run = newRun(['load', 'train']);
    const error = { code: 'STEP_FAILED', message: 'no' };
    const artifact = newArtifact(run.id, 'load');
    const lease = await store.runs.startRun(run);
    await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    await store.runs.recordStep(lease, 'load', { state: 'completed', artifacts: [artifact], metadata: { rows: 1 } });
    await store.runs.recordStep(lease, 'train', { state: 'skipped', reason: 'why not' });
    await store.runs.endRun(lease, { state: 'failed', error });
    const events = edit('select step, state, data from run_events order by sequence');
    expect(events.map(({ step, state, data }) => [step, state, JSON.parse(String(data))])).toEqual([
      [null, 'running', { metadata: run.metadata }],
      ['load', 'running', { attempt: 1 }],
      ['load', 'completed', { artifacts: [artifact.id], metadata: { rows: 1 } }],
      ['train', 'skipped', { reason: 'why not' }],
      [null, 'failed', { error }],
    ]);
  });

  test('recording a step reads no table from end to end', async () => {
    await using store = await openStore({ file, create: true });
    const run = newRun(['load', 'train']);
    const lease = await store.runs.startRun(run);
    const statements: string[] = [];
    const prepare = DatabaseSync.prototype.prepare;
    DatabaseSync.prototype.prepare = function (statement) {
      statements.push(statement);
      return prepare.call(this, statement);
    };
    try {
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'load', {
        state: 'completed',
        artifacts: [newArtifact(run.id, 'load')],
        metadata: {},
      });
      await store.runs.endRun(lease, { state: 'completed' });
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
    // Those that were prepared before are not among them.
    expect(statements.length).toBeGreaterThan(5);
    const plans = statements.flatMap((statement) => edit(`explain query plan ${statement}`));
    expect(plans.filter(({ detail }) => String(detail).startsWith('SCAN'))).toEqual([]);
    expect(plans.filter(({ detail }) => String(detail).startsWith('SEARCH')).length).toBeGreaterThan(4);
  });
});

describe('migrations', () => {
  test('a new store has the version of the last migration', async () => {
    await fillStore();
    expect(migrations).toHaveLength(schemaVersion);
    expect(edit('pragma user_version')).toEqual([{ user_version: schemaVersion }]);
    expect(edit('pragma journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });

  test('an older store is brought up to date by whoever reads its flavors', async () => {
    await fillStore();
    edit('pragma user_version = 0', ...tables().map((table) => `drop table ${table}`));
    expect(await readFlavorSnapshots({ file })).toEqual([]);
    expect(edit('pragma user_version')).toEqual([{ user_version: schemaVersion }]);
  });
});

describe('a store of a past version', () => {
  const fixtures = join(import.meta.dirname, '..', '..', 'fixtures');

  test.each(globSync('*.sql', { cwd: fixtures }).sort())(
    'in %s is brought up to date, with all it holds',
    async (name) => {
      {
        using database = new DatabaseSync(file);
        database.exec(readFileSync(join(fixtures, name), 'utf8'));
      }
      await using store = await openStore({ file });
      const components = await store.components.list();
      expect(components.map((component) => [component.name, component.flavor, component.flavorPackage])).toEqual([
        ['by-package', 'disk', '@acme/pkg'],
        ['by-package-name', 'tape', undefined],
        ['by-source', 'disk', undefined],
        ['default', 'local', undefined],
        ['plain', 'disk', undefined],
        ['default', 'local', undefined],
        ['default', 'local', undefined],
        ['environment', 'env', undefined],
      ]);
      expect(components.at(4)).toMatchObject({
        config: { path: 'disk://plain', host: 'plain.example', accessKey: '{{disk.key}}', chunkSize: 5 },
        settings: { timeout: 2.5 },
        labels: { team: 'a', stage: 'prod' },
        configVersion: 1,
      });
      // The one that named its flavor by its source counts, and the one of the package does not.
      await expect(store.flavors.remove('artifact-store', 'disk')).rejects.toMatchObject({
        message: 'The flavor artifact-store/disk is used by 2 components: by-source, plain.',
      });
      expect(await store.stacks.active()).toMatchObject({ name: 'mine', labels: { team: 'a' } });
      expect(edit('pragma user_version')).toEqual([{ user_version: schemaVersion }]);
    },
  );
});

test('a run that a store of before leases shows as running is held by nobody', async () => {
  {
    using database = new DatabaseSync(file);
    database.exec(readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'schema-4.sql'), 'utf8'));
  }
  await using store = await openStore({ file });
  expect(await store.runs.getRun('training-ended')).toMatchObject({ state: 'completed', epoch: 1, holder: undefined });
  const lease = await store.runs.claimRun('training-killed');
  expect(await store.runs.listStepRuns(lease.runId)).toMatchObject([
    { step: 'load', state: 'completed', interruptions: 0 },
    { step: 'train', state: 'pending', attempt: 1, interruptions: 1 },
  ]);
  await store.runs.recordStep(lease, 'train', { state: 'running', attempt: 2 });
});

test('locks of processes that were killed go when others take their runs', async () => {
  const locks = () => readdirSync(`${file}-locks`);
  await using _ = await openStore({ file, create: true });
  const { end } = runChild(
    { file },
    `
    const store = await openStore(location);
    await store.runs.startRun(${JSON.stringify(newRun(['load']))});
    process.kill(process.pid, 'SIGKILL');
  `,
  );
  expect((await end).signal).toBe('SIGKILL');
  expect(locks()).toHaveLength(1);
  {
    await using other = await openStore({ file });
    await other.runs.claimRun('training-1');
    expect(locks()).toHaveLength(1);
  }
  expect(locks()).toEqual([]);
});

describe('readFlavorSnapshots', () => {
  test('gives the flavors of the store, by type and name, or those of one type', async () => {
    await using store = await openStore({ file, create: true });
    for (const name of ['b', 'a']) await store.flavors.add(newFlavor(name));
    await store.flavors.add({ ...newFlavor('c'), type: 'alerter' });
    expect(await readFlavorSnapshots({ file })).toEqual(await store.flavors.list());
    expect(await readFlavorSnapshots({ file }, 'alerter')).toEqual(await store.flavors.list({ type: 'alerter' }));
    expect(await readFlavorSnapshots({ file }, 'none')).toEqual([]);
  });

  test('evaluates neither the query builder nor zod, nor the driver of another database', async () => {
    const load = (module: string) => `await import(${JSON.stringify(new URL(module, import.meta.url))});`;
    expect(await heavyPackages(load('../index.ts'))).toEqual(['kysely']);
    expect(await heavyPackages(load('../flavors/flavor-snapshots.ts'))).toEqual([]);
  });
});

/** A store with enough in it for many pages, closed. */
async function fillStore(): Promise<void> {
  await using store = await openStore({ file, create: true });
  for (let index = 0; index < 50; index += 1) {
    await store.components.add(newComponent(`component-${index}`, { config: { text: 'x'.repeat(2000) } }));
    await store.flavors.add({ ...newFlavor(`flavor-${index}`), source: 'x'.repeat(2000) });
  }
}

/** Runs statements on the file as somebody else, and gives the rows of the last. */
function edit(...statements: readonly string[]): Record<string, unknown>[] {
  using database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  return (
    statements
      .map((statement) =>
        database
          .prepare(statement)
          .all()
          .map((row) => ({ ...row })),
      )
      .at(-1) ?? []
  );
}

function tables(): string[] {
  const rows = edit(`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`);
  return rows.map(({ name }) => String(name));
}

/** Root may do everything: what permissions do shows only for somebody else. */
async function asOrdinaryUser<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

function newFlavor(name: string): NewFlavor {
  return {
    type: 'artifact-store',
    name,
    source: `./flavors/${name}.ts#flavor`,
    manifest: {
      type: 'artifact-store',
      name,
      export: 'flavor',
      configVersion: 1,
      configSchema: { type: 'object' },
      settingsSchema: { type: 'object' },
      secretFields: [],
      capabilities: [],
      isLocal: false,
    },
    files: {},
  };
}

function newComponent(name: string, rest: Partial<NewComponent> = {}): NewComponent {
  return { type: 'artifact-store', name, flavor: 's3', configVersion: 1, config: {}, ...rest };
}

function newRun(steps: readonly string[]): RunStart {
  return {
    id: 'run-id',
    name: 'training-1',
    stack: 'default',
    plan: {
      planVersion: 1,
      pipeline: 'training',
      source: undefined,
      parameters: {},
      steps: steps.map((name) => ({ name, upstream: [], inputs: {}, outputs: ['output'], attempts: 1 })),
    },
    metadata: { user: 'me' },
  };
}
