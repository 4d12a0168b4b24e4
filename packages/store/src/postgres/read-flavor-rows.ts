import { Client } from 'pg';
import { lockPatience, retryWhileBusy } from '../retry-while-busy.ts';
import type { FlavorRow } from '../schema/flavor-row.ts';
import { schemaVersion } from '../schema/schema-version.ts';
import { checkDatabase } from './check-database.ts';
import { clientOptions } from './client-options.ts';
import { postgresError, whileContended } from './postgres-error.ts';
import { parsePostgresUrl } from './postgres-location.ts';

/**
 * The part of `readFlavorSnapshots` that is for PostgreSQL. It loads the driver, and no query builder.
 *
 * @returns `undefined` when the store is older than this version
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function readFlavorRows(url: string, type: string | undefined): Promise<readonly FlavorRow[] | undefined> {
  const location = parsePostgresUrl(url);
  try {
    return await retryWhileBusy(whileContended(location, lockPatience), async () => {
      const client = new Client(clientOptions(location, lockPatience));
      // The query tells of it; without a listener the event would end the process.
      client.on('error', () => {});
      try {
        await client.connect();
        if ((await checkDatabase(client, location, false)) !== schemaVersion) return undefined;
        const { rows } = await client.query<FlavorRow>(
          'select * from flavors where $1::text is null or type = $1 order by type, name',
          [type],
        );
        return rows;
      } finally {
        await client.end();
      }
    });
  } catch (error) {
    throw postgresError(error, location);
  }
}
