import { resolve } from 'node:path';
import type { FlavorRecord } from '../metadata-store.ts';
import { lockPatience } from '../retry-while-busy.ts';
import type { FlavorRow } from '../schema/flavor-row.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import { storeError } from '../sqlite/sqlite-error.ts';
import type { StoreLocation } from '../store-location.ts';
import { flavorRecord } from './flavor-record.ts';

export type { FlavorRecord as FlavorSnapshot } from '../metadata-store.ts';

/**
 * Reads the registered flavors, by type and name, as `store.flavors.list` does, without loading all that `openStore`
 * needs: for commands that must start fast.
 *
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function readFlavorSnapshots(location: StoreLocation, type?: string): Promise<readonly FlavorRecord[]> {
  const rows = 'file' in location ? await readFromFile(location.file, type) : await readFromServer(location.url, type);
  if (rows !== undefined) return rows.map(flavorRecord);
  // An older store: opening it brings it up to date. By the package's name, so that a bundle of this module stays small.
  const { openStore } = await import('@stack/store');
  const store = await openStore(location);
  try {
    return await store.flavors.list({ type });
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

/** `undefined` when the store is older than this version. */
async function readFromFile(path: string, type: string | undefined): Promise<readonly FlavorRow[] | undefined> {
  const file = resolve(path);
  const { database, version } = await openDatabase({ file, create: false, patience: lockPatience });
  try {
    if (version !== schemaVersion) return undefined;
    const rows = database
      .prepare('select * from flavors where ? is null or type = ? order by type, name')
      .all(type ?? null, type ?? null);
    return rows as unknown as FlavorRow[];
  } catch (error) {
    throw storeError(error, file);
  } finally {
    database.close();
  }
}

async function readFromServer(url: string, type: string | undefined): Promise<readonly FlavorRow[] | undefined> {
  // By the package's name too, as the driver can be found from the package alone.
  const { readFlavorRows } = await import('@stack/store/flavor-snapshots/postgres');
  return await readFlavorRows(url, type);
}
