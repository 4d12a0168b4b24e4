import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addedComponents } from '../../test/added-components.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { openStore } from '../open-store.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import { backupStore } from './backup-store.ts';
import { checkStore } from './check-store.ts';
import { restoreStore } from './restore-store.ts';

let folder: string;
let file: string;
let backup: string;
let store: MetadataStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-backup-'));
  file = join(folder, 'stack.db');
  backup = join(folder, 'backup 1?%20.db');
  store = await openStore({ file, create: true });
  await add('a');
  await backupStore({ file }, backup);
  await add('b');
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('a restored store has what the backup has, also for those who have it open, and the old one is kept', async () => {
  const { previous = '' } = await restoreStore({ file }, backup);
  expect(await names()).toEqual(['a']);
  await add('c');
  expect(await names()).toEqual(['a', 'c']);
  await using old = await openStore({ file: previous });
  expect((await addedComponents(old.components)).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('a restored store has the sealed secrets of the backup, of the same secret store', async () => {
  const { id } = await store.components.get('secret-store', 'default');
  const place = { store: id, scope: 'project', owner: '', name: 'database' } as const;
  await store.sealedSecrets.add({ ...place, id: 'secret-id', values: { key: 'sealed' } }, () => {});
  const later = join(folder, 'later.db');
  await backupStore({ file }, later);
  await store.sealedSecrets.remove(place);
  await restoreStore({ file }, later);
  expect(await store.sealedSecrets.list({ store: id })).toMatchObject([{ ...place, values: { key: 'sealed' } }]);
});

test('a backup is one file, and never takes the place of another', async () => {
  expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual(['backup 1?%20.db']);
  const before = readFileSync(backup);
  await expect(backupStore({ file }, backup)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  await expect(backupStore({ file }, join(folder, 'none', 'b.db'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  expect(readFileSync(backup)).toEqual(before);
});

test('a restore waits for whoever writes', async () => {
  using other = new DatabaseSync(file);
  other.exec('begin immediate');
  setTimeout(() => other.exec('commit'), 200);
  await restoreStore({ file }, backup);
  expect(await names()).toEqual(['a']);
});

test('a store that is damaged is replaced, and kept', async () => {
  await store[Symbol.asyncDispose]();
  const damaged = readFileSync(file).fill('x', 100);
  writeFileSync(file, damaged);
  const { previous = '' } = await restoreStore({ file }, backup);
  expect(readFileSync(previous)).toEqual(damaged);
  expect(await checkStore({ file })).toMatchObject({ problems: [], rows: { components: 3 } });
});

test.each<[string, string, () => void | Promise<void>]>([
  ['that is not there', 'ARGUMENT_INVALID', () => rm(backup)],
  ['that is a text', 'STORE_CORRUPT', () => writeFileSync(backup, 'no database'.repeat(1000))],
  ['that lost its end', 'STORE_CORRUPT', () => truncateSync(backup, 30_000)],
  ['of another program', 'STORE_CORRUPT', () => edit('pragma application_id = 1')],
  ['with a broken row', 'STORE_CORRUPT', () => edit(`update components set config = '['`)],
  ['with a reference to nothing', 'STORE_CORRUPT', () => edit(`insert into stack_components values ('x', 'y', 0)`)],
  ['of a newer version', 'STORE_TOO_NEW', () => edit(`pragma user_version = ${schemaVersion + 1}`)],
])('a backup %s is refused, and changes nothing', async (_, code, spoil) => {
  await spoil();
  const before = readdirSync(folder);
  await expect(restoreStore({ file }, backup)).rejects.toMatchObject({ code });
  expect(await names()).toEqual(['a', 'b']);
  expect(readdirSync(folder)).toEqual(before);
});

async function add(name: string): Promise<void> {
  await store.components.add({ type: 'alerter', name, flavor: 'x', configVersion: 1, config: {} });
}

async function names(): Promise<string[]> {
  return (await addedComponents(store.components)).map(({ name }) => name);
}

/** Changes the backup as somebody else. */
function edit(statement: string): void {
  using database = new DatabaseSync(backup, { enableForeignKeyConstraints: false });
  database.exec(statement);
}
