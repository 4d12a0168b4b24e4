import { StackError } from '@stack/core/errors';
import { type Kysely, sql } from 'kysely';
import { appliedDocument } from '../applied-documents/applied-document-table.ts';
import { componentRecord, componentVersion } from '../components/component-record.ts';
import type { Engine } from '../engine.ts';
import { flavorRecord } from '../flavors/flavor-record.ts';
import { openEngine } from '../open-engine.ts';
import { releasedColumns } from '../runs/run-leases.ts';
import { artifactRecord, runHolder, runRecord, stepRunRecord } from '../runs/run-records.ts';
import { migrate } from '../schema/migrate.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { StoredTables, Tables } from '../schema/tables.ts';
import { sealedSecret } from '../secrets/sealed-secret-table.ts';
import type { StoreLocation } from '../store-location.ts';

/** What was found in a metadata store. */
export interface StoreCheck {
  readonly product: 'SQLite' | 'PostgreSQL';
  /** The path of the file, or the URL without its password. */
  readonly store: string;
  readonly version: number;
  /** How many rows each table has. */
  readonly rows: Readonly<Record<string, number>>;
  /** What is wrong, each in a sentence; empty when the store is sound. */
  readonly problems: readonly string[];
}

const rowsAtOnce = 500;

/** How a row of each table is read: it throws when the row is not what this package writes. */
const readers: { readonly [Table in keyof StoredTables]: (row: StoredTables[Table]) => unknown } = {
  flavors: flavorRecord,
  components: componentRecord,
  component_versions: componentVersion,
  stacks: (row) => new StoredRow('stacks', row.id, row).texts('labels'),
  stack_components: () => {},
  runs: (row) => runRecord({ ...row, epoch: 1, ...releasedColumns }),
  run_leases: (row) => runHolder(row.run_id, row),
  step_runs: stepRunRecord,
  artifacts: artifactRecord,
  artifact_names: () => {},
  artifact_uses: () => {},
  artifact_objects: () => {},
  condemned_objects: () => {},
  deleted_runs: () => {},
  run_events: (row) => new StoredRow('run_events', String(row.sequence), row).object('data'),
  settings: () => {},
  applied_documents: appliedDocument,
  sealed_secrets: sealedSecret,
  secret_store_order: () => {},
};

/**
 * Looks for damage in a metadata store: reads every row, and in SQLite every page, index and reference. Like opening it,
 * this brings the store up to date.
 *
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_TOO_NEW
 * @throws STORE_CORRUPT when the damage is such that nothing can be read
 */
export async function checkStore(location: StoreLocation): Promise<StoreCheck> {
  const engine = await openEngine(location);
  try {
    await migrate(engine);
    return await checkEngine(engine);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
}

export async function checkEngine(engine: Engine): Promise<StoreCheck> {
  return await engine.read(async (database) => {
    const problems = [...(await engine.findDamage(database))];
    const rows: Record<string, number> = {};
    for (const [table, reader] of Object.entries(readers)) {
      const read = await readTable(database, table, reader as (row: object) => unknown);
      rows[table] = read.count;
      problems.push(...read.problems);
    }
    return {
      product: engine.product,
      store: engine.label,
      version: await engine.readVersion(database),
      rows,
      problems,
    };
  });
}

async function readTable(
  database: Kysely<Tables>,
  table: string,
  read: (row: object) => unknown,
): Promise<{ readonly count: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  for (let count = 0; ; ) {
    // The first two columns of each table tell its rows apart.
    const { rows } = await sql<object>`
      select * from ${sql.table(table)} order by 1, 2 limit ${rowsAtOnce} offset ${count}`.execute(database);
    for (const row of rows) {
      try {
        read(row);
      } catch (error) {
        if (!StackError.is(error, 'STORE_CORRUPT')) throw error;
        problems.push(error.message);
      }
    }
    count += rows.length;
    if (rows.length < rowsAtOnce) return { count, problems };
  }
}
