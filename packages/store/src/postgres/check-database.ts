import { StackError } from '@stack/core/errors';
import type { ClientBase } from 'pg';
import { schemaVersion } from '../schema/schema-version.ts';
import { storeTooNew } from '../schema/store-too-new.ts';
import { corruptStore, isServerError } from './postgres-error.ts';
import type { PostgresLocation } from './postgres-location.ts';

/** The table that tells a store from the tables of another program, and holds its version. */
export const versionTable = 'stack_schema_version';

interface Header {
  readonly schema: string | null;
  readonly encoding: string;
  readonly is_store: boolean;
  /** Tables that belong to no extension. */
  readonly tables: readonly string[];
}

/**
 * Makes sure that a database has a store of this version or an older one, or that one can be made in it.
 *
 * @returns the version; 0 when there is none yet
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function checkDatabase(client: ClientBase, location: PostgresLocation, create: boolean): Promise<number> {
  // One statement, so that it sees one state while another process makes the tables.
  const { rows } = await client.query<Header>(
    `select current_schema() as schema, getdatabaseencoding() as encoding,
       exists (select from pg_tables where schemaname = current_schema() and tablename = $1) as is_store,
       array(
         select relname::text from pg_class
         where relnamespace = (select oid from pg_namespace where nspname = current_schema()) and relkind in ('r', 'p', 'f', 'v', 'm')
           and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
         order by 1
       ) as tables`,
    [versionTable],
  );
  const header = rows[0] as Header;
  if (header.encoding !== 'UTF8') {
    throw new StackError({
      code: 'STORE_UNAVAILABLE',
      message: `The metadata store ${location.label} cannot be used: the encoding of the database is ${header.encoding}.`,
      hint: 'Create one that can hold every text: createdb --encoding=UTF8 --template=template0 NAME',
    });
  }
  if (header.is_store) return await readVersion(client, location);
  if (header.tables.length > 0) {
    throw corruptStore(
      location,
      `the schema "${location.schema}" has tables of another program: ${header.tables.slice(0, 5).join(', ')}`,
    );
  }
  if (!create) {
    throw new StackError({
      code: 'STORE_UNAVAILABLE',
      message: `The metadata store ${location.label} was not made yet: the schema "${location.schema}" is empty.`,
      hint: 'Make it: stack init',
    });
  }
  if (header.schema === null) await createSchema(client, location.schema);
  return 0;
}

async function createSchema(client: ClientBase, schema: string): Promise<void> {
  try {
    await client.query(`create schema if not exists "${schema}"`);
  } catch (error) {
    // Another process was faster; PostgreSQL looks whether it is there, and then for the right to make it.
    if (!isServerError(error) || error.code !== '23505') throw error;
  }
}

async function readVersion(client: ClientBase, location: PostgresLocation): Promise<number> {
  const { rows } = await client.query<{ version: number }>(`select version from ${versionTable}`);
  const version = rows[0]?.version;
  if (version === undefined) throw corruptStore(location, `the table ${versionTable} is empty`);
  if (version > schemaVersion) throw storeTooNew(location.label, version);
  return version;
}
