import { Kysely, sql } from 'kysely';
import { Pool } from 'pg';
import type { Engine } from '../engine.ts';
import { retryWhileBusy } from '../retry-while-busy.ts';
import { startHeartbeat } from '../runs/heartbeat.ts';
import type { Tables } from '../schema/tables.ts';
import { TransactionQueue } from '../transaction-queue.ts';
import { checkDatabase, versionTable } from './check-database.ts';
import { clientOptions } from './client-options.ts';
import { postgresError, whileContended } from './postgres-error.ts';
import { type PostgresLocation, parsePostgresUrl } from './postgres-location.ts';
import { SessionLock, sessionLockKey } from './session-lock.ts';
import { StoreDialect } from './store-dialect.ts';

/** One writes, as writes keep their order; the others read meanwhile. */
const connectionsOfProcess = 4;

/** "Stck": the number of the lock that one process at a time holds while it migrates. */
const migrationLock = 0x5374636b;

export interface PostgresOptions {
  readonly url: string;
  /** Whether to make the store when the database has none. */
  readonly create: boolean;
  /** For how long to try when other processes are in the way, in milliseconds. */
  readonly patience: number;
}

/**
 * Opens a database of PostgreSQL as that of a store.
 *
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function openPostgresEngine({ url, create, patience }: PostgresOptions): Promise<Engine> {
  const location = parsePostgresUrl(url);
  let pool: Pool | undefined;
  try {
    const opened = new Pool({ ...clientOptions(location, patience), max: connectionsOfProcess, allowExitOnIdle: true });
    pool = opened;
    // Of a connection that ends, its query tells; one that is idle is left out of the pool. Without a listener these
    // events would end the process.
    opened.on('error', () => {});
    opened.on('connect', (client) => client.on('error', () => {}));
    await retryWhileBusy(whileContended(location, patience), async () => {
      const client = await opened.connect();
      try {
        await checkDatabase(client, location, create);
      } finally {
        client.release();
      }
    });
    return new PostgresEngine(opened, location, patience);
  } catch (error) {
    await pool?.end();
    throw postgresError(error, location);
  }
}

class PostgresEngine implements Engine {
  readonly product = 'PostgreSQL';
  readonly label: string;
  readonly sequenceColumn = sql`bigint generated always as identity primary key`;
  readonly shareLock = sql`for share`;
  readonly #database: Kysely<Tables>;
  readonly #pool: Pool;
  readonly #queue: TransactionQueue;
  readonly #lock: SessionLock;
  readonly #connectionString: string;

  constructor(pool: Pool, location: PostgresLocation, patience: number) {
    this.label = location.label;
    this.#connectionString = location.connectionString;
    this.#pool = pool;
    this.#lock = new SessionLock(clientOptions(location, patience));
    this.#database = new Kysely({ dialect: new StoreDialect({ pool }) });
    this.#queue = new TransactionQueue({
      ...whileContended(location, patience),
      label: location.label,
      describeError: (error) => postgresError(error, location),
    });
  }

  read<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    const transaction = this.#database.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    return this.#queue.run(() => transaction.execute(work));
  }

  write<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    const transaction = this.#database.transaction().setIsolationLevel('serializable');
    return this.#queue.runInOrder(() => transaction.execute(work));
  }

  writeAlone<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    // Each statement sees what was committed before it; the levels above see what was there when they asked for the
    // lock, which is too early.
    const transaction = this.#database.transaction().setIsolationLevel('read committed');
    return this.#queue.runInOrder(() =>
      transaction.execute(async (database) => {
        await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(database);
        return await work(database);
      }),
    );
  }

  holdLock(name: string): Promise<void> {
    return this.#lock.hold(name);
  }

  isLockHeld(name: string): Promise<boolean> {
    return this.read(async (database) => {
      const { rows } = await sql<{ free: boolean }>`
        select pg_try_advisory_xact_lock_shared(${sessionLockKey(name)}::bigint) as free`.execute(database);
      return rows[0]?.free !== true;
    });
  }

  // The server has forgotten it already.
  async removeLock(): Promise<void> {}

  startHeartbeat(holder: string, interval: number): AsyncDisposable {
    return startHeartbeat('postgres', { location: this.#connectionString, holder, interval });
  }

  async readVersion(database: Kysely<Tables>): Promise<number> {
    const { rows: tables } = await sql`
      select from pg_tables where schemaname = current_schema() and tablename = ${versionTable}`.execute(database);
    if (tables.length === 0) return 0;
    const { rows } = await sql<{ version: number }>`select version from ${sql.table(versionTable)}`.execute(database);
    return rows[0]?.version ?? 0;
  }

  async writeVersion(database: Kysely<Tables>, version: number): Promise<void> {
    const table = sql.table(versionTable);
    await sql`create table if not exists ${table} (version integer not null)`.execute(database);
    await sql`delete from ${table}`.execute(database);
    await sql`insert into ${table} values (${version})`.execute(database);
  }

  // A server checks references as it writes, and pages as it reads them; to read all of them is for its own tools.
  async findDamage(): Promise<readonly string[]> {
    return [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#queue.close(async () => {
      await this.#lock.release();
      await this.#pool.end();
    });
  }
}
