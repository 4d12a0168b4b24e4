import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { retryWhileBusy } from '../retry-while-busy.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import { storeTooNew } from '../schema/store-too-new.ts';
import { corruptStore, emptyStore, storeError, whileLocked } from './sqlite-error.ts';

/** "Stck", in the header of the file: tells a store from the database of another program. */
export const applicationId = 0x5374636b;

export interface DatabaseOptions {
  readonly file: string;
  readonly create: boolean;
  /** Default `false`. */
  readonly readOnly?: boolean;
  /** For how long to try when other processes are in the way, in milliseconds. */
  readonly patience: number;
}

/**
 * Opens a SQLite file, and makes sure that it is a store of this version or an older one.
 *
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function openDatabase({
  file,
  create,
  readOnly = false,
  patience,
}: DatabaseOptions): Promise<{ readonly database: DatabaseSync; readonly version: number }> {
  const location = pathToFileURL(file);
  location.search = `?mode=${create ? 'rwc' : readOnly ? 'ro' : 'rw'}`;
  let database: DatabaseSync | undefined;
  try {
    // SQLite waits for a lock by blocking the process: only for a moment.
    const opened = new DatabaseSync(location, { timeout: 5, enableForeignKeyConstraints: true });
    database = opened;
    const version = await retryWhileBusy(whileLocked(file, patience), () => checkHeader(opened, file, create));
    return { database, version };
  } catch (error) {
    database?.close();
    throw storeError(error, file);
  }
}

function checkHeader(database: DatabaseSync, file: string, create: boolean): number {
  // One statement, so that it sees one state while another process makes the tables.
  const header = database
    .prepare(
      `select application_id as application, user_version as version, (select count(*) from sqlite_schema) as tables
       from pragma_application_id, pragma_user_version`,
    )
    .get() as { application: number; version: number; tables: number };
  if (header.application !== applicationId) {
    if (header.tables > 0 || header.version > 0) throw corruptStore(file, 'it is the database of another program');
    if (!create) throw emptyStore(file);
  }
  if (header.version > schemaVersion) throw storeTooNew(file, header.version);
  return header.version;
}
