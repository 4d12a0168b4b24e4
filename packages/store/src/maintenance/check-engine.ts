import { StackError } from '@stack/core/errors';
import { type Kysely, sql } from 'kysely';
import { appliedDocument } from '../applied-documents/applied-document-table.ts';
import { componentRecord, componentVersion } from '../components/component-record.ts';
import type { Engine } from '../engine.ts';
import { flavorRecord } from '../flavors/flavor-record.ts';
import { releasedColumns } from '../runs/run-leases.ts';
import { artifactRecord, runHolder, runRecord, stepRunRecord } from '../runs/run-records.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { StoredTables, Tables } from '../schema/tables.ts';
import { sealedSecret } from '../secrets/sealed-secret-table.ts';
import type { StoreCheck } from './check-store.ts';

const rowsAtOnce = 500;

/** How a row of each table is read: it throws when the row is not what this package writes. */
const readers: { readonly [Table in keyof StoredTables]: (row: StoredTables[Table]) => unknown } = {
  flavors: flavorRecord,
  components: componentRecord,
  component_versions: componentVersion,
  stacks: (row) => new StoredRow('stacks', row.id, row).texts('labels'),
  stack_components: () => {},
  runs: (row) => runRecord({ ...row, epoch: 1, ...releasedColumns }, false),
  run_leases: (row) => runHolder(row.run_id, row, false),
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

/** Looks for damage in a metadata store that is open, and of the version of this package. */
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
