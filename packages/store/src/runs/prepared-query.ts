import type { Compilable, CompiledQuery, DialectAdapter, Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';

/** Stands for a value while a query is built. */
class Placeholder {
  readonly row: number;
  readonly name: string;

  constructor(row: number, name: string) {
    this.row = row;
    this.name = name;
  }
}

/** A query of more rows than these is built each time: few are. */
const preparedRows = 16;

/**
 * A query that is built and compiled once for each open store, which takes longer than running it.
 *
 * @param build compares columns with the parameters, sets and inserts them, and looks at none. They have always the same
 *   keys, and what is compared is never null
 */
export function prepareQuery<Parameters extends object, Row>(
  build: (database: Kysely<Tables>, parameters: Parameters) => Compilable<Row>,
): (database: Kysely<Tables>, parameters: Parameters) => Promise<readonly Row[]> {
  const query = prepareRowsQuery((database, [parameters]: readonly Parameters[]) =>
    build(database, parameters as Parameters),
  );
  return (database, parameters) => query(database, [parameters]);
}

/** The same for a query of several rows: it is built once for each number of them. */
export function prepareRowsQuery<Parameters extends object, Row>(
  build: (database: Kysely<Tables>, rows: readonly Parameters[]) => Compilable<Row>,
): (database: Kysely<Tables>, rows: readonly Parameters[]) => Promise<readonly Row[]> {
  const compiled = new WeakMap<DialectAdapter, Map<number, CompiledQuery<Row>>>();

  function compile(database: Kysely<Tables>, rows: readonly Parameters[]): CompiledQuery<Row> {
    const { adapter } = database.getExecutor();
    const queries = compiled.get(adapter) ?? new Map<number, CompiledQuery<Row>>();
    compiled.set(adapter, queries);
    const known = queries.get(rows.length);
    if (known !== undefined) return known;
    const placeholders = rows.map((row, index) =>
      Object.fromEntries(Object.keys(row).map((name) => [name, new Placeholder(index, name)])),
    );
    const query = build(database, placeholders as readonly object[] as readonly Parameters[]).compile();
    queries.set(rows.length, query);
    return query;
  }

  function fill(query: CompiledQuery<Row>, rows: readonly Parameters[]): CompiledQuery<Row> {
    const values = rows as readonly Readonly<Record<string, unknown>>[];
    const parameters = query.parameters.map((value) =>
      value instanceof Placeholder ? values[value.row]?.[value.name] : value,
    );
    return { ...query, parameters };
  }

  return async (database, rows) => {
    const query = rows.length > preparedRows ? build(database, rows).compile() : fill(compile(database, rows), rows);
    return (await database.getExecutor().executeQuery<Row>(query)).rows;
  };
}
