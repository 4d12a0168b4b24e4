import { inspect } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { type PostgresServer, postgres } from '../../../../tools/backends/postgres.ts';
import { addedComponents } from '../../test/added-components.ts';
import { heavyPackages, runChild } from '../../test/run-child.ts';
import { createComponentTable } from '../components/component-table.ts';
import { readFlavorSnapshots } from '../flavors/flavor-snapshots.ts';
import { backupStore } from '../maintenance/backup-store.ts';
import { checkStore } from '../maintenance/check-store.ts';
import { restoreStore } from '../maintenance/restore-store.ts';
import type { MetadataStore, NewComponent } from '../metadata-store.ts';
import { openStore } from '../open-store.ts';
import { migrate } from '../schema/migrate.ts';
import { openPostgresEngine } from './postgres-engine.ts';

const obstacle = await whyUnavailable(postgres);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

/** Both ways to read a store give the same errors. */
const ways: readonly { readonly way: string; read(url: string): Promise<unknown> }[] = [
  {
    way: 'openStore',
    async read(url) {
      await using store = await openStore({ url });
      await store.components.list();
      return await store.flavors.list();
    },
  },
  { way: 'readFlavorSnapshots', read: (url) => readFlavorSnapshots({ url }) },
];

describe.skipIf(obstacle !== undefined)(`a store in PostgreSQL${reason}`, () => {
  let server: PostgresServer;
  /** Somebody else, who may do everything. */
  let admin: Client;
  let stores = 0;
  let schema: string;
  let url: string;

  beforeAll(async () => {
    server = await postgres.start();
    admin = new Client({ connectionString: server.url });
    await admin.connect();
  }, 60_000);

  afterAll(async () => {
    await admin?.end();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    stores += 1;
    schema = `store-${stores}`;
    url = `${server.url}?schema=${schema}`;
  });

  /** A URL of the server with some of its parts changed. */
  function urlWith(parts: Partial<Pick<URL, 'username' | 'password' | 'hostname' | 'port' | 'pathname'>>): string {
    return Object.assign(new URL(url), parts).href;
  }

  async function edit(...statements: readonly string[]): Promise<void> {
    await admin.query(`set search_path = "${schema}"`);
    for (const statement of statements) await admin.query(statement);
  }

  /** Closed when the test ends. */
  async function makeStore(): Promise<MetadataStore> {
    const store = await openStore({ url, create: true });
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  }

  describe.each(ways)('that cannot be used, read by $way', ({ read }) => {
    test('a password that is wrong is not repeated', async () => {
      const error = await read(urlWith({ password: 'wrong-secret' })).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: `The metadata store postgres://stack@127.0.0.1:${server.port}/postgres?schema=${schema} cannot be used: password authentication failed for user "stack".`,
        hint: expect.stringContaining('STACK_STORE_URL'),
      });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-secret');
    });

    test('a user, or a database, that is not there', async () => {
      await expect(read(urlWith({ username: 'nobody' }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await expect(read(urlWith({ pathname: '/none' }))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('database "none" does not exist'),
        hint: expect.stringContaining('createdb'),
      });
    });

    test('a server, or a host, that is not there', async () => {
      await expect(read(urlWith({ port: '1' }))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('ECONNREFUSED'),
        hint: expect.stringContaining('Check that the server runs'),
      });
      await expect(read(urlWith({ hostname: 'host.invalid' }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    test('no password where one is needed', async () => {
      await expect(read(urlWith({ password: '' }))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    test.each([
      ['mysql://a:top-secret@b/c', 'begins with "mysql:"'],
      ['postgres://a:top-secret%zz@b/c', 'cannot be read'],
      ['postgres://a:top-secret@b:port/c', 'cannot be read'],
      ['top-secret', 'cannot be read'],
      ['postgres://a:top-secret@b/c?schema=a"b', 'has the schema "a"b"'],
      ['postgres://a:top-secret@b/c?schema=', 'has the schema ""'],
    ])('the URL %s', async (text, problem) => {
      const error = await read(text).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(problem) });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('top-secret');
    });

    test('one that was not made yet', async () => {
      await expect(read(url)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining(`the schema "${schema}" is empty`),
        hint: expect.stringContaining('stack init'),
      });
      const { rowCount } = await admin.query('select from pg_namespace where nspname = $1', [schema]);
      expect(rowCount).toBe(0);
    });

    test('the tables of another program', async () => {
      await edit(`create schema "${schema}"`, 'create table notes (text text)');
      const foreign = { code: 'STORE_CORRUPT', message: expect.stringContaining('tables of another program: notes') };
      await expect(read(url)).rejects.toMatchObject(foreign);
      await expect(openStore({ url, create: true })).rejects.toMatchObject(foreign);
    });

    test('a store without one of its tables', async () => {
      await makeStore();
      await edit('drop table flavors');
      await expect(read(url)).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('relation "flavors" does not exist'),
      });
    });

    test('a store whose version is gone', async () => {
      await makeStore();
      await edit('delete from stack_schema_version');
      await expect(read(url)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });

    test('a number that JavaScript cannot hold', async () => {
      const store = await makeStore();
      await store.flavors.add(newFlavor());
      await edit('update flavors set created_at = 9007199254740993');
      await expect(read(url)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });

    test('a database that cannot hold every text', async () => {
      await admin.query(
        `create database "latin-${schema}" encoding 'LATIN1' locale 'C' locale_provider libc template template0`,
      );
      await expect(read(urlWith({ pathname: `/latin-${schema}` }))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('LATIN1'),
        hint: expect.stringContaining('--encoding=UTF8'),
      });
    });
  });

  test('stands beside the tables of an extension, and beside other stores', async () => {
    await edit(`create schema "${schema}"`, `create extension pg_buffercache schema "${schema}"`);
    const store = await makeStore();
    await using other = await openStore({ url: `${url}-other`, create: true });
    await store.components.add(newComponent('prod'));
    expect(await addedComponents(other.components)).toEqual([]);
  });

  test('is in the schema "public" when the URL names none, whatever is set for the role', async () => {
    await admin.query(`create role alice login password 'alice' in role stack`);
    await admin.query('create schema alice authorization alice');
    await admin.query('create schema "$user"');
    await using store = await openStore({ url: server.url, create: true });
    await store.components.add(newComponent('prod'));
    const { rows } = await admin.query(
      `select schemaname from pg_tables where tablename = 'components' and schemaname = 'public'`,
    );
    expect(rows).toHaveLength(1);
  });

  test('orders every text by its bytes', async () => {
    await makeStore();
    const { rows } = await admin.query(
      `select table_name, column_name, collation_name from information_schema.columns
       where table_schema = $1 and data_type = 'text' order by 1, 2`,
      [schema],
    );
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => row.collation_name !== 'C')).toEqual([]);
  });

  test('of a user who may not make tables says so', async () => {
    await admin.query(`create role "reader-${schema}" login password 'reader'`);
    const asReader = urlWith({ username: `reader-${schema}`, password: 'reader' });
    await expect(openStore({ url: asReader, create: true })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('permission denied'),
      hint: expect.stringContaining('grant all on schema'),
    });
  });

  test('that is read-only can be read, and says so when written', async () => {
    await makeStore();
    const url2 = new URL(url);
    url2.searchParams.set('options', '-c default_transaction_read_only=on');
    await using store = await openStore({ url: url2.href });
    expect(await addedComponents(store.components)).toEqual([]);
    await expect(store.components.add(newComponent('prod'))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining('read-only'),
    });
  });

  test('refuses a text with the character NUL', async () => {
    const store = await makeStore();
    await expect(store.components.add(newComponent('a\0b'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  test('goes on after its idle connections were ended', async () => {
    const store = await makeStore();
    await store.components.add(newComponent('prod'));
    await endConnections();
    await expect
      .poll(() =>
        addedComponents(store.components).then(
          (list) => list.length,
          () => undefined,
        ),
      )
      .toBe(1);
  });

  test('says so when the connection ends in the middle of a change, of which nothing is kept', async () => {
    const store = await makeStore();
    await store.components.add(newComponent('prod'));
    // The row is locked, so that the change waits when its connection ends.
    await edit('begin', `update components set name = 'other' where name = 'prod'`);
    const update = store.components.update('artifact-store', 'prod', () => ({ labels: { a: 'b' } }));
    const failure = expect(update).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect.poll(waitingConnections).toBe(1);
    await endConnections();
    await failure;
    await edit('rollback');
    expect((await store.components.get('artifact-store', 'prod')).labels).toEqual({});
  });

  test('whose row another session holds is waited for, and given up when the patience ends', async () => {
    await using engine = await openPostgresEngine({ url, create: true, patience: 300 });
    await migrate(engine);
    const components = createComponentTable(engine);
    await components.add(newComponent('prod'));
    await edit('begin', `select * from components for update`);
    await expect(components.update('artifact-store', 'prod', () => ({ labels: { a: 'b' } }))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining('pg_stat_activity'),
    });
    const update = components.update('artifact-store', 'prod', () => ({ labels: { c: 'd' } }));
    await edit('commit');
    expect((await update).labels).toEqual({ c: 'd' });
  });

  test('that takes no more connections now is waited for', async () => {
    await makeStore();
    const role = `busy-${schema}`;
    await admin.query(`create role "${role}" login password 'busy' connection limit 1`);
    await admin.query(`grant all on schema "${schema}" to "${role}"`);
    await admin.query(`grant all on all tables in schema "${schema}" to "${role}"`);
    const asRole = urlWith({ username: role, password: 'busy' });
    const first = new Client({ connectionString: asRole.replace(/\?.*/, '') });
    await first.connect();
    const opened = openStore({ url: asRole });
    await expect.poll(() => Promise.race([opened, Promise.resolve('waiting')])).toBe('waiting');
    await first.end();
    await using store = await opened;
    expect(await addedComponents(store.components)).toEqual([]);
  });

  test('takes writes in the order in which they were asked for', async () => {
    const store = await makeStore();
    await store.components.add(newComponent('prod', { config: { calls: [] } }));
    const calls = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(
      calls.map((call) =>
        store.components.update('artifact-store', 'prod', ({ config }) => ({
          config: { calls: [...(config.calls as number[]), call] },
        })),
      ),
    );
    expect((await store.components.get('artifact-store', 'prod')).config).toEqual({ calls });
  });

  test('is closed with its connections, and takes nothing more', async () => {
    const store = await openStore({ url, create: true });
    await Promise.all(Array.from({ length: 20 }, () => store.components.list()));
    expect(await openConnections()).toBeGreaterThan(1);
    await store[Symbol.asyncDispose]();
    await expect.poll(openConnections).toBe(0);
    await expect(store.components.list()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('that is not closed keeps no process from its end', async () => {
    const { end } = runChild({ url }, 'await openStore({ ...location, create: true });');
    expect(await end).toMatchObject({ code: 0, errors: '' });
  });

  test('is read for lists without the query builder', async () => {
    await makeStore();
    const module = JSON.stringify(new URL('../flavors/flavor-snapshots.ts', import.meta.url));
    const code = `
      const { readFlavorSnapshots } = await import(${module});
      if ((await readFlavorSnapshots({ url: ${JSON.stringify(url)} })).length > 0) throw new Error('Not empty.');
    `;
    expect(await heavyPackages(code)).toEqual(['pg']);
  });

  describe('is looked after', () => {
    test('by a check that names the rows that were edited by hand', async () => {
      const store = await makeStore();
      await store.components.add(newComponent('prod'));
      const { id } = await store.components.add(newComponent('dev'));
      expect(await checkStore({ url })).toMatchObject({
        product: 'PostgreSQL',
        store: `postgres://stack@127.0.0.1:${server.port}/postgres?schema=${schema}`,
        rows: { components: 4 },
        problems: [],
      });
      await edit(`update components set config = '[]' where name = 'dev'`);
      expect((await checkStore({ url })).problems).toEqual([
        expect.stringContaining(`"config" of ${id} in the table components is not a JSON object`),
      ]);
    });

    test("by PostgreSQL's own tools for backups, and the error says how", async () => {
      const target = `--host=127.0.0.1 --port=${server.port} --username=stack --dbname=postgres`;
      await expect(backupStore({ url }, 'b.dump')).rejects.toMatchObject({
        code: 'CAPABILITY_UNSUPPORTED',
        hint: `pg_dump --format=custom --schema=${schema} --file=b.dump ${target}`,
      });
      await expect(restoreStore({ url }, 'b.dump')).rejects.toMatchObject({
        code: 'CAPABILITY_UNSUPPORTED',
        hint: `pg_restore --clean --if-exists --single-transaction --schema=${schema} ${target} b.dump`,
      });
    });
  });

  test('of a server that was stopped says so', async () => {
    await using own = await postgres.start();
    await using store = await openStore({ url: own.url, create: true });
    await store.components.add(newComponent('prod'));
    await own[Symbol.asyncDispose]();
    await expect(store.components.list()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.components.list()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  async function openConnections(): Promise<number> {
    return await countConnections(`application_name = 'stack'`);
  }

  async function waitingConnections(): Promise<number> {
    return await countConnections(`application_name = 'stack' and wait_event_type = 'Lock'`);
  }

  async function countConnections(condition: string): Promise<number> {
    const { rows } = await admin.query(`select count(*)::int as count from pg_stat_activity where ${condition}`);
    return rows[0].count;
  }

  async function endConnections(): Promise<void> {
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'stack'`);
  }
});

function newComponent(name: string, rest: Partial<NewComponent> = {}): NewComponent {
  return { type: 'artifact-store', name, flavor: 's3', configVersion: 1, config: {}, ...rest };
}

function newFlavor() {
  return {
    type: 'artifact-store',
    name: 'my-s3',
    source: './flavors/my-s3.ts#flavor',
    manifest: {
      type: 'artifact-store',
      name: 'my-s3',
      export: 'flavor',
      configVersion: 1,
      configSchema: { type: 'object' },
      settingsSchema: { type: 'object' },
      secretFields: [],
      capabilities: [],
      isLocal: false,
    },
    files: {},
  } as const;
}
