import type { Kysely } from 'kysely';
import { digestKeySetting } from '../schema/migrations.ts';
import type { Tables } from '../schema/tables.ts';

/** The secret that a store has had since its first migration that needed one. */
export async function readDigestKey(database: Kysely<Tables>): Promise<string> {
  const { value } = await database
    .selectFrom('settings')
    .select('value')
    .where('key', '=', digestKeySetting)
    .executeTakeFirstOrThrow();
  return value;
}
