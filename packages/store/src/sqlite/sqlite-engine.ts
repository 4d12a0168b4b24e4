import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { StoreOptions } from '../metadata-store.ts';
import { retryWhileBusy } from '../retry-while-busy.ts';
import { startHeartbeat } from '../runs/heartbeat.ts';
import type { Tables } from '../schema/tables.ts';
import { TransactionQueue } from '../transaction-queue.ts';
import { applicationId, type DatabaseOptions, openDatabase } from './open-database.ts';
import { holdProcessLock, isProcessLockHeld, removeProcessLock } from './process-lock.ts';
import { storeError, whileLocked } from './sqlite-error.ts';
import { createSqliteKysely } from './sqlite-kysely.ts';

/**
 * Pages of the log, 4 KiB each, after which they are moved to the file, which waits for the disk: far less often than SQLite
 * does it by default. A page that changed often meanwhile, as most of an index do, is moved once.
 */
const pagesOfLog = 16_000;

/**
 * KiB of pages that are kept in memory, of which SQLite keeps 2 MiB by default. Ids and digests lie anywhere in an index: with
 * fewer, most steps of a store of some thousand read pages again.
 */
const keptPages = 16_000;

/**
 * Opens a SQLite file as the database of a store.
 *
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function openSqliteEngine({
  synchronous = 'normal',
  ...options
}: DatabaseOptions & Pick<StoreOptions, 'synchronous'>): Promise<Engine> {
  const { database } = await openDatabase(options);
  try {
    // Readers and a writer do not wait for each other, and a commit that was reported survives the end of the process.
    await retryWhileBusy(whileLocked(options.file, options.patience), () =>
      database.exec(
        `pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma wal_autocheckpoint = ${pagesOfLog};
         pragma cache_size = -${keptPages}`,
      ),
    );
  } catch (error) {
    database.close();
    throw storeError(error, options.file);
  }
  return new SqliteEngine(database, options);
}

class SqliteEngine implements Engine {
  readonly product = 'SQLite';
  readonly label: string;
  readonly sequenceColumn = sql`integer primary key autoincrement`;
  // A transaction that writes is alone.
  readonly shareLock = sql``;
  readonly #connection: DatabaseSync;
  readonly #beginRead: StatementSync;
  readonly #beginWrite: StatementSync;
  readonly #commit: StatementSync;
  readonly #database: Kysely<Tables>;
  readonly #queue: TransactionQueue;
  readonly #locks = new Map<string, Disposable>();
  /** The last transaction that was asked for: there is one connection, so they come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: DatabaseSync, { file, patience }: DatabaseOptions) {
    this.label = file;
    this.#connection = connection;
    this.#beginRead = connection.prepare('begin');
    // A transaction that writes takes the lock first: one that reads and then writes fails, however long it would wait, when
    // another process wrote in between.
    this.#beginWrite = connection.prepare('begin immediate');
    this.#commit = connection.prepare('commit');
    this.#database = createSqliteKysely(connection);
    this.#queue = new TransactionQueue({
      ...whileLocked(file, patience),
      label: file,
      describeError: (error) => storeError(error, file),
    });
  }

  read<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.#queue.run(() => this.#transact(this.#beginRead, work));
  }

  // Reads go on while a write waits.
  write<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.#queue.runInOrder(() => this.#transact(this.#beginWrite, work));
  }

  writeAlone<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.write(work);
  }

  #transact<Result>(begin: StatementSync, work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    const result = this.#last.then(async () => {
      begin.run();
      try {
        const result = await work(this.#database);
        this.#commit.run();
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        if (this.#connection.isTransaction) this.#connection.exec('rollback');
        throw error;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async holdLock(name: string): Promise<void> {
    if (!this.#locks.has(name)) this.#locks.set(name, holdProcessLock(this.#lockFile(name)));
  }

  async isLockHeld(name: string): Promise<boolean> {
    return isProcessLockHeld(this.#lockFile(name));
  }

  async removeLock(name: string): Promise<void> {
    removeProcessLock(this.#lockFile(name));
  }

  startHeartbeat(holder: string, interval: number): AsyncDisposable {
    return startHeartbeat('sqlite', { location: this.label, holder, interval });
  }

  #lockFile(name: string): string {
    return join(`${this.label}-locks`, name);
  }

  async readVersion(database: Kysely<Tables>): Promise<number> {
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(database);
    return rows[0]?.user_version ?? 0;
  }

  async writeVersion(database: Kysely<Tables>, version: number): Promise<void> {
    await sql.raw(`pragma user_version = ${version}`).execute(database);
    await sql.raw(`pragma application_id = ${applicationId}`).execute(database);
  }

  async findDamage(database: Kysely<Tables>): Promise<readonly string[]> {
    const { rows: pages } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database);
    const { rows: references } = await sql<{ table: string; rowid: number; parent: string }>`
      select "table", rowid, parent from pragma_foreign_key_check`.execute(database);
    return [
      ...pages.map((page) => page.integrity_check).filter((problem) => problem !== 'ok'),
      ...references.map(
        ({ table, rowid, parent }) => `row ${rowid} of ${table} refers to a row of ${parent} that is not there`,
      ),
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#queue.close(() => {
      this.#connection.close();
      for (const lock of this.#locks.values()) lock[Symbol.dispose]();
    });
  }
}
