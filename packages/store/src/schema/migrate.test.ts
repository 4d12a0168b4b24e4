import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { addedComponents } from '../../test/added-components.ts';
import { describeEachEngine } from '../../test/describe-each-engine.ts';
import { newArtifact } from '../../test/new-artifact.ts';
import { runChild } from '../../test/run-child.ts';
import { createComponentTable } from '../components/component-table.ts';
import { readFlavorSnapshots } from '../flavors/flavor-snapshots.ts';
import { openEngine } from '../open-engine.ts';
import { openStore } from '../open-store.ts';
import type { StoreLocation } from '../store-location.ts';
import { migrate } from './migrate.ts';
import { type Migration, migrations } from './migrations.ts';
import { schemaVersion } from './schema-version.ts';
import type { Tables } from './tables.ts';

/** Those that refer to others come before them. */
const droppedTables = [
  'stack_components',
  'component_versions',
  'sealed_secrets',
  'secret_store_order',
  'components',
] as const;

/** A migration that takes away what is there. */
const dropComponents: Migration = async ({ schema }) => {
  await schema.createTable('additions').addColumn('id', 'text').execute();
  for (const table of droppedTables) await schema.dropTable(table).execute();
};

describeEachEngine('migrations of a metadata store', (create) => {
  test('a new store has the version of the last', async () => {
    const location = await create();
    await fillStore(location);
    await expectIntact(location);
    expect(migrations).toHaveLength(schemaVersion);
  });

  test('one that fails leaves the old version and all it holds as they were', async () => {
    const location = await create();
    await fillStore(location);
    {
      await using engine = await openEngine(location);
      const fails: Migration = async (database) => {
        await sql`insert into nowhere values (1)`.execute(database);
      };
      const failing = migrate(engine, [...migrations, dropComponents, fails]);
      await expect(failing).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      expect(await addedComponents(createComponentTable(engine))).toHaveLength(3);
    }
    await expectIntact(location);
  });

  test('one whose process is killed leaves the old version and all it holds as they were', async () => {
    const location = await create();
    await fillStore(location);
    const { end } = runChild(
      location,
      `
      const engine = await openEngine(location);
      await migrate(engine, [
        ...migrations,
        async ({ schema }) => {
          for (const table of ${JSON.stringify(droppedTables)}) await schema.dropTable(table).execute();
          process.kill(process.pid, 'SIGKILL');
        },
      ]);
    `,
    );
    expect((await end).signal).toBe('SIGKILL');
    await expectIntact(location);
  });

  test('those that are lacking are applied once, however many processes open the store', async () => {
    const location = await create();
    await fillStore(location);
    const children = Array.from({ length: 6 }, () =>
      runChild(
        location,
        `
        const engine = await openEngine(location);
        await migrate(engine, [
          ...migrations,
          async ({ schema }) => {
            await schema.createTable('additions').addColumn('id', 'text').execute();
            console.log('applied');
          },
        ]);
        await engine[Symbol.asyncDispose]();
      `,
      ),
    );
    const ends = await Promise.all(children.map(({ end }) => end));
    // One that opens the store when it is done meets a store that is too new for it.
    const errors = ends.map((end) => end.errors).filter((text) => text !== '' && !text.includes('STORE_TOO_NEW'));
    expect(errors).toEqual([]);
    expect(ends.map(({ output }) => output).join('')).toBe('applied\n');
  });

  test('a store of a newer version is refused, and left as it is', async () => {
    const location = await create();
    await fillStore(location);
    {
      await using engine = await openEngine(location);
      await migrate(engine, [...migrations, async () => {}]);
    }
    const refusal = {
      code: 'STORE_TOO_NEW',
      message: expect.stringContaining(`has version ${schemaVersion + 1}; this version of Stack knows up to`),
      hint: expect.stringContaining('npm install @stack/cli@latest'),
    };
    await expect(openStore(location)).rejects.toMatchObject(refusal);
    await expect(openStore({ ...location, create: true })).rejects.toMatchObject(refusal);
    await expect(readFlavorSnapshots(location)).rejects.toMatchObject(refusal);
  });

  test('artifacts of before names have those of their outputs, and versions in the order of their making', async () => {
    const location = await create();
    await fillPastStore(location, 6);
    await using store = await openStore(location);
    const artifacts = await store.runs.listArtifacts();
    expect(artifacts).toMatchObject([
      { name: 'training/load/output', version: 2, tags: [], contents: [], schema: undefined, metadata: {} },
      { name: 'training/train/output', version: 1, materializer: 'json', materializerVersion: 1 },
      { name: 'training/load/output', version: 1, size: 1 },
    ]);
    const lease = await store.runs.claimRun('training-killed');
    expect(artifacts[0]).toMatchObject({ runId: lease.runId, step: 'load', output: 'output' });
    await store.runs.recordStep(lease, 'train', { state: 'running', attempt: 2 });
    const change = { state: 'completed', artifacts: [newArtifact(lease.runId, 'train')], metadata: {} } as const;
    expect(await store.runs.recordStep(lease, 'train', change)).toMatchObject([{ version: 2 }]);
  });

  test('what artifacts of before gc are made of is known to be referred to', async () => {
    const location = await create();
    await fillPastStore(location, 7);
    await using store = await openStore(location);
    const paths = ['folder/a', 'folder/b', 'folder/view', 'folder/none'];
    expect(await store.runs.condemnObjects(paths, { dryRun: true })).toEqual(['folder/none']);
  });
});

/** Makes a store of a past version, with what the fixture of that version holds. */
async function fillPastStore(location: StoreLocation, version: number): Promise<void> {
  using past = new DatabaseSync(':memory:');
  past.exec(readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', `schema-${version}.sql`), 'utf8'));
  await using engine = await openEngine({ ...location, create: true });
  await migrate(engine, migrations.slice(0, version));
  const list = past.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%'");
  const tables = list.all().map(({ name }) => name as keyof Tables);
  await engine.write(async (database) => {
    // What the migrations have put there is in the fixture too.
    for (const table of tables.toReversed()) await database.deleteFrom(table).execute();
    for (const table of tables) {
      for (const { sequence: _, ...row } of past.prepare(`select * from ${table} order by rowid`).all()) {
        await database
          .insertInto(table)
          .values(row as never)
          .execute();
      }
    }
  });
}

async function fillStore(location: StoreLocation): Promise<void> {
  await using store = await openStore({ ...location, create: true });
  for (const name of ['a', 'b', 'c']) {
    await store.components.add({ type: 'alerter', name, flavor: 'x', configVersion: 1, config: {} });
  }
}

async function expectIntact(location: StoreLocation): Promise<void> {
  await using engine = await openEngine(location);
  expect(await engine.read((database) => engine.readVersion(database))).toBe(schemaVersion);
  expect(await addedComponents(createComponentTable(engine))).toHaveLength(3);
  await expect(engine.read((database) => sql`select * from additions`.execute(database))).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
  });
}
