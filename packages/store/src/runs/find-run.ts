import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import { chooseId, nameOrIdFits } from '../reference.ts';
import type { RunLeaseRow, RunRow, Tables } from '../schema/tables.ts';

/** A run, and who has it. */
export type HeldRun = Pick<RunRow, 'id' | 'name' | 'state'> & Omit<RunLeaseRow, 'run_id'>;

/** @throws RUN_NOT_FOUND, AMBIGUOUS */
export async function findRunId(database: Kysely<Tables>, reference: string): Promise<string> {
  const candidates = await database.selectFrom('runs').select(['id', 'name']).where(nameOrIdFits(reference)).execute();
  const id = chooseId(reference, candidates, 'runs');
  if (id === undefined) throw await runNotFound(database, reference);
  return id;
}

/** @throws RUN_NOT_FOUND, AMBIGUOUS */
export async function findHeldRun(database: Kysely<Tables>, reference: string): Promise<HeldRun> {
  const id = await findRunId(database, reference);
  const { run_id: _, ...lease } = await database
    .selectFrom('run_leases')
    .selectAll()
    .where('run_id', '=', id)
    .executeTakeFirstOrThrow();
  const run = await database
    .selectFrom('runs')
    .select(['id', 'name', 'state'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { ...run, ...lease };
}

export async function runNotFound(database: Kysely<Tables>, reference: string): Promise<StackError> {
  const recent = await database.selectFrom('runs').select('name').orderBy('sequence', 'desc').limit(1000).execute();
  return new StackError({
    code: 'RUN_NOT_FOUND',
    message: `There is no run "${reference}".`,
    hint:
      didYouMean(
        reference,
        recent.map(({ name }) => name),
      ) ?? 'See those that there are: stack run list',
  });
}
