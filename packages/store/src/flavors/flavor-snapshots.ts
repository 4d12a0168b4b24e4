import { resolve } from 'node:path';
import type { FlavorRecord } from '../metadata-store.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import type { FlavorRow } from '../schema/tables.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import { lockPatience } from '../sqlite/retry-while-busy.ts';
import { storeError } from '../sqlite/sqlite-error.ts';
import { flavorRecord } from './flavor-record.ts';

export type { FlavorRecord as FlavorSnapshot } from '../metadata-store.ts';

/**
 * Reads the registered flavors, by type and name, as `store.flavors.list` does, without loading all that `openStore`
 * needs: for commands that must start fast.
 *
 * @param path the SQLite file of the store
 * @throws STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function readFlavorSnapshots(path: string, type?: string): Promise<readonly FlavorRecord[]> {
  const file = resolve(path);
  const { database, version } = await openDatabase({ file, create: false, patience: lockPatience });
  try {
    if (version === schemaVersion) {
      const rows = database
        .prepare('select * from flavors where ? is null or type = ? order by type, name')
        .all(type ?? null, type ?? null);
      return rows.map((row) => flavorRecord(row as unknown as FlavorRow));
    }
  } catch (error) {
    throw storeError(error, file);
  } finally {
    database.close();
  }
  // An older store: opening it brings it up to date. By the package's name, so that a bundle of this module stays small.
  const { openStore } = await import('@stack/store');
  const store = await openStore({ file });
  try {
    return await store.flavors.list({ type });
  } finally {
    await store[Symbol.asyncDispose]();
  }
}
