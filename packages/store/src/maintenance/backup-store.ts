import { resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import { lockPatience } from '../retry-while-busy.ts';
import { copyDatabase } from '../sqlite/copy-database.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import type { StoreLocation } from '../store-location.ts';
import { makeReservedFile } from './make-reserved-file.ts';

/**
 * Copies a metadata store in SQLite, as it is at one moment, into a file that `restoreStore` reads. Other processes may
 * go on using the store. The file appears whole or not at all.
 *
 * @throws ALREADY_EXISTS when there is a file of the name
 * @throws CAPABILITY_UNSUPPORTED for a store in PostgreSQL, which has tools of its own
 * @throws ARGUMENT_INVALID, NO_SPACE, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function backupStore(location: StoreLocation, file: string): Promise<void> {
  if ('url' in location) {
    const { parsePostgresUrl } = await import('../postgres/postgres-location.ts');
    const { schema, clientArguments } = parsePostgresUrl(location.url);
    throw new StackError({
      code: 'CAPABILITY_UNSUPPORTED',
      message: 'A metadata store in PostgreSQL is backed up by the tools of PostgreSQL.',
      hint: `pg_dump --format=custom --schema=${schema} --file=${file} ${clientArguments}`,
    });
  }
  const options = { file: resolve(location.file), create: false, patience: lockPatience };
  const { database } = await openDatabase(options);
  try {
    await makeReservedFile(resolve(file), (temporary) => copyDatabase(database, temporary, lockPatience));
  } finally {
    database.close();
  }
}
