import type { DatabaseSync } from 'node:sqlite';
import { StackError } from '@stack/core/errors';
import { Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Tables } from '../schema/tables.ts';
import { applicationId, type DatabaseOptions, openDatabase } from './open-database.ts';
import { retryWhileBusy } from './retry-while-busy.ts';
import { SqliteDialect } from './sqlite-dialect.ts';
import { storeError } from './sqlite-error.ts';

/**
 * Opens a SQLite file as the database of a store.
 *
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function openSqliteEngine(options: DatabaseOptions): Promise<Engine> {
  const { database } = await openDatabase(options);
  try {
    // Readers and a writer do not wait for each other, and a commit that was reported survives the end of the process.
    await retryWhileBusy(options.file, options.patience, () =>
      database.exec('pragma journal_mode = wal; pragma synchronous = normal'),
    );
  } catch (error) {
    database.close();
    throw storeError(error, options.file);
  }
  return new SqliteEngine(database, options);
}

class SqliteEngine implements Engine {
  readonly sequenceColumn = sql`integer primary key autoincrement`;
  readonly #connection: DatabaseSync;
  readonly #database: Kysely<Tables>;
  readonly #options: DatabaseOptions;
  readonly #underway = new Set<Promise<unknown>>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(connection: DatabaseSync, options: DatabaseOptions) {
    this.#connection = connection;
    this.#database = new Kysely({ dialect: new SqliteDialect(connection) });
    this.#options = options;
  }

  read<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.#run(() => this.#database.transaction().setAccessMode('read only').execute(work));
  }

  write<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    // One after the other, also while one of them waits for another process, so that they happen in the order in
    // which they were asked for. Reads go on meanwhile.
    const before = this.#lastWrite;
    const result = this.#run(() => this.#database.transaction().execute(work), before);
    this.#lastWrite = result.catch(() => {});
    return result;
  }

  async readVersion(database: Kysely<Tables>): Promise<number> {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(database);
    return rows[0]?.user_version ?? 0;
  }

  async writeVersion(database: Kysely<Tables>, version: number): Promise<void> {
    await sql.raw(`pragma user_version = ${version}`).execute(database);
    await sql.raw(`pragma application_id = ${applicationId}`).execute(database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underway).then(() => this.#connection.close());
    await this.#closed;
  }

  async #run<Result>(transaction: () => Promise<Result>, before?: Promise<unknown>): Promise<Result> {
    const { file, patience } = this.#options;
    if (this.#closed !== undefined) {
      throw new StackError({ code: 'STORE_UNAVAILABLE', message: `The metadata store ${file} was closed already.` });
    }
    const result = (async () => {
      await before;
      return await retryWhileBusy(file, patience, transaction);
    })();
    this.#underway.add(result);
    try {
      return await result;
    } catch (error) {
      throw storeError(error, file);
    } finally {
      this.#underway.delete(result);
    }
  }
}
