import type { Kysely, RawBuilder } from 'kysely';
import type { Tables } from './schema/tables.ts';

/** Where the queries of the tables run: each in a transaction of its own, or all in one that was begun already. */
export type Transactions = Pick<Engine, 'read' | 'write'>;

/** A database below the tables. What differs from one database to another is here, and nowhere else. */
export interface Engine extends AsyncDisposable {
  readonly product: 'SQLite' | 'PostgreSQL';
  /** What the store is called in messages. */
  readonly label: string;
  /** The type of a column that numbers the rows in the order in which they are inserted, and is the primary key. */
  readonly sequenceColumn: RawBuilder<unknown>;
  /** The end of a query of rows that no other transaction is to change before this one has ended. */
  readonly shareLock: RawBuilder<unknown>;
  /** Runs queries that all see the same state of the database. */
  read<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /**
   * Runs work in a transaction, as if no other one ran meanwhile, and commits before it resolves. Work awaits nothing
   * but queries of `database`, and may be run again when another process was in the way.
   */
  write<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /** Like `write`, and after all that any process does by this method. It sees what those did. */
  writeAlone<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result>;
  /**
   * Holds a lock for as long as the engine is open and this process lives: when the process ends, however it ends, the
   * system frees it. Calling it again does nothing, unless the lock was lost with a connection.
   *
   * @param name a UUID
   */
  holdLock(name: string): Promise<void>;
  /** Whether a process holds it. */
  isLockHeld(name: string): Promise<boolean>;
  /** Removes what is left of the lock of a process that has ended. */
  removeLock(name: string): Promise<void>;
  /**
   * Raises the heartbeat of the leases of a holder by a thread, which goes on while a step keeps the process busy.
   *
   * @param interval milliseconds
   */
  startHeartbeat(holder: string, interval: number): AsyncDisposable;
  /** The number of the last migration that was applied; 0 before the first. */
  readVersion(database: Kysely<Tables>): Promise<number>;
  writeVersion(database: Kysely<Tables>, version: number): Promise<void>;
  /** What the database itself finds wrong with what it stores. */
  findDamage(database: Kysely<Tables>): Promise<readonly string[]>;
}
