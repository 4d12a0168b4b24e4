import { randomUUID } from 'node:crypto';
import { copyFile, link, rename, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import { lockPatience } from '../retry-while-busy.ts';
import { migrate } from '../schema/migrate.ts';
import { copyDatabase, replaceDatabase } from '../sqlite/copy-database.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import { openSqliteEngine } from '../sqlite/sqlite-engine.ts';
import type { StoreLocation } from '../store-location.ts';
import { checkEngine } from './check-engine.ts';

export interface RestoredStore {
  /** Where what the store held before is kept; `undefined` when there was no store. */
  readonly previous: string | undefined;
}

/** What SQLite keeps beside a database. It belongs to that database alone. */
const companions = ['-wal', '-shm'];

/**
 * Puts what `backupStore` wrote in the place of a metadata store in SQLite. The backup is checked and brought up to date
 * first; a bad one changes nothing. What the store held before is kept in a file beside it. Processes that have the store
 * open see the old content or the new; what they record while this runs may be lost.
 *
 * @throws CAPABILITY_UNSUPPORTED for a store in PostgreSQL, which has tools of its own
 * @throws STORE_CORRUPT when the file is damaged, or is no backup of a store
 * @throws STORE_TOO_NEW when a newer version of this package wrote it
 * @throws ARGUMENT_INVALID, NO_SPACE, STORE_UNAVAILABLE
 */
export async function restoreStore(location: StoreLocation, file: string): Promise<RestoredStore> {
  if ('url' in location) {
    const { parsePostgresUrl } = await import('../postgres/postgres-location.ts');
    const { schema, clientArguments } = parsePostgresUrl(location.url);
    throw new StackError({
      code: 'CAPABILITY_UNSUPPORTED',
      message: 'A metadata store in PostgreSQL is restored by the tools of PostgreSQL.',
      hint: `pg_restore --clean --if-exists --single-transaction --schema=${schema} ${clientArguments} ${file}`,
    });
  }
  const store = resolve(location.file);
  const checked = `${store}.${randomUUID()}`;
  try {
    await copyChecked(resolve(file), checked);
    return { previous: await replaceStore(store, checked) };
  } finally {
    for (const suffix of ['', ...companions]) await rm(`${checked}${suffix}`, { force: true });
  }
}

/** Makes a copy of a backup that is sound, and of this version. */
async function copyChecked(file: string, copy: string): Promise<void> {
  if (!(await isThere(file))) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `There is no file ${file}.`,
      hint: 'Give one that was written by: stack store backup FILE',
    });
  }
  const problems = await asBackup(file, async () => {
    const { database } = await openDatabase({ file, create: false, readOnly: true, patience: lockPatience });
    try {
      await copyDatabase(database, copy, lockPatience);
    } finally {
      database.close();
    }
    await using engine = await openSqliteEngine({ file: copy, create: false, patience: lockPatience });
    await migrate(engine);
    return (await checkEngine(engine)).problems;
  });
  if (problems.length > 0) throw badBackup(file, problems);
}

/** What is wrong is wrong with the backup; the store is as it was. */
async function asBackup<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (StackError.is(error, 'STORE_CORRUPT')) throw badBackup(file, [error.message], error);
    throw error;
  }
}

function badBackup(file: string, problems: readonly string[], cause?: unknown): StackError {
  return new StackError({
    code: 'STORE_CORRUPT',
    message: `The backup ${file} cannot be restored: ${problems.slice(0, 5).join('; ')}`,
    hint: 'The store was left as it is. Restore another backup.',
    cause,
  });
}

/** @returns where the old store is kept */
async function replaceStore(store: string, checked: string): Promise<string | undefined> {
  const isNew = !(await isThere(store));
  const previous = isNew ? undefined : `${store}.before-restore-${new Date().toISOString().replaceAll(':', '-')}`;
  if (previous !== undefined && (await replaceContent(store, checked, previous))) return previous;
  // There is none, or none that SQLite can use: the file itself is replaced, and those that were beside the old one with it.
  if (previous !== undefined) await link(store, previous).catch(() => copyFile(store, previous));
  for (const suffix of companions) {
    if (await isThere(`${store}${suffix}`)) await rename(`${store}${suffix}`, `${previous ?? checked}${suffix}`);
  }
  await rename(checked, store);
  return previous;
}

/** Whether it could be done: not in a file that is damaged, or is something else. */
async function replaceContent(store: string, checked: string, previous: string): Promise<boolean> {
  try {
    const old = await openDatabase({ file: store, create: false, patience: lockPatience });
    try {
      await copyDatabase(old.database, previous, lockPatience);
    } finally {
      old.database.close();
    }
    const source = await openDatabase({ file: checked, create: false, patience: lockPatience });
    try {
      await replaceDatabase(source.database, store, lockPatience);
    } finally {
      source.database.close();
    }
    return true;
  } catch (error) {
    await rm(previous, { force: true });
    if (StackError.is(error, 'STORE_CORRUPT') || StackError.is(error, 'STORE_TOO_NEW')) return false;
    throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
