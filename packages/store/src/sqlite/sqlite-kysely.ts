import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  DefaultQueryExecutor,
  type Dialect,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from '../schema/tables.ts';

const dialect: Dialect = {
  createAdapter: () => new SqliteAdapter(),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (database) => new SqliteIntrospector(database),
  // Kysely's own way to a connection takes longer than most queries of a store.
  createDriver: () => new DummyDriver(),
};

/**
 * Kysely over one connection of `node:sqlite`. Each query runs at once: whoever has a transaction under way is the only one to
 * ask, and begins and ends it by the connection itself.
 */
export function createSqliteKysely(connection: DatabaseSync): Kysely<Tables> {
  const executor = new SqliteExecutor(connection);
  return new Kysely<Tables>({ config: { dialect }, dialect, driver: dialect.createDriver(), executor });
}

/** So many statements stay prepared: more than there are queries in this package, but for lists of any length. */
const keptStatements = 200;

interface PreparedStatement {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

class SqliteExecutor extends DefaultQueryExecutor {
  readonly #connection: DatabaseSync;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(connection: DatabaseSync) {
    super(dialect.createQueryCompiler(), dialect.createAdapter(), {
      provideConnection: () => Promise.reject(new Error('Queries run by themselves, and are not streamed.')),
    });
    this.#connection = connection;
  }

  override async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters as readonly SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...values) as Row[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
  }

  #prepare(sql: string): PreparedStatement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= keptStatements && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
