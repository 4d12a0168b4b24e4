import type { Insertable, Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import { prepareQuery } from './prepared-query.ts';

const insertEvent = prepareQuery((database, event: Omit<Insertable<Tables['run_events']>, 'sequence'>) =>
  database.insertInto('run_events').values(event),
);

/** Appends what happened to a run, or to one of its steps, in the transaction that makes it happen. */
export async function appendRunEvent(
  database: Kysely<Tables>,
  runId: string,
  step: string | null,
  state: string,
  data: object,
): Promise<void> {
  await insertEvent(database, { run_id: runId, step, state, data: JSON.stringify(data), created_at: Date.now() });
}
