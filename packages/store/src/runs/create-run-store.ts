import type { RunStore, StepChange } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { chooseId, idFits, nameOrIdFits } from '../reference.ts';
import type { RunRow, StepRunRow, Tables } from '../schema/tables.ts';
import { artifactRecord, runRecord, stepRunRecord } from './run-records.ts';
import { checkStepChange } from './step-transitions.ts';

const defaultLimit = 50;
/** Rows of one insert: an engine limits how many values a statement may have. */
const rowsAtOnce = 500;

/**
 * Each change of a state is one transaction, which appends an event and changes the row of the run or step that shows
 * the present state. It touches no other step, so that its cost does not grow with their number.
 */
export function createRunStore(engine: Engine): RunStore {
  return {
    startRun: (run) =>
      engine.write(async (database) => {
        const taken = await database
          .selectFrom('runs')
          .select('name')
          .where((where) => where.or([where('id', '=', run.id), where('name', '=', run.name)]))
          .executeTakeFirst();
        if (taken !== undefined) {
          throw new StackError({
            code: 'ALREADY_EXISTS',
            message: `There is a run "${taken.name}" already.`,
            hint: `Choose another name, or look at that one: stack run describe ${taken.name}`,
          });
        }
        const { plan, metadata } = run;
        const now = Date.now();
        await database
          .insertInto('runs')
          .values({
            id: run.id,
            name: run.name,
            pipeline: plan.pipeline,
            stack: run.stack,
            state: 'running',
            plan: JSON.stringify(plan),
            error: null,
            metadata: JSON.stringify(metadata),
            started_at: now,
            ended_at: null,
          })
          .execute();
        const steps = plan.steps.map(
          ({ name }, position): StepRunRow => ({
            run_id: run.id,
            step: name,
            position,
            state: 'pending',
            attempt: 0,
            error: null,
            reason: null,
            metadata: '{}',
            started_at: null,
            ended_at: null,
          }),
        );
        for (let start = 0; start < steps.length; start += rowsAtOnce) {
          await database
            .insertInto('step_runs')
            .values(steps.slice(start, start + rowsAtOnce))
            .execute();
        }
        await appendEvent(database, run.id, null, 'running', { metadata });
      }),

    recordStep: (runId, step, change) =>
      engine.write(async (database) => {
        const run = await findRunState(database, runId);
        const row = await database
          .selectFrom('step_runs')
          .select(['state', 'attempt', 'started_at'])
          .where('run_id', '=', runId)
          .where('step', '=', step)
          .executeTakeFirst();
        if (row === undefined) throw await stepNotFound(database, runId, step);
        checkStepChange({ name: run.name, runState: run.state, step, ...row }, change);
        await database
          .updateTable('step_runs')
          .set(changedColumns(change, row.started_at))
          .where('run_id', '=', runId)
          .where('step', '=', step)
          .execute();
        for (const artifact of change.state === 'completed' ? change.artifacts : []) {
          await database
            .insertInto('artifacts')
            .values({
              id: artifact.id,
              run_id: runId,
              step,
              output: artifact.output,
              materializer: artifact.materializer,
              store: JSON.stringify(artifact.store),
              path: artifact.path,
              size: artifact.size,
              sha256: artifact.sha256,
              created_at: artifact.createdAt.getTime(),
            })
            .execute();
        }
        const { state, ...data } = change;
        await appendEvent(database, runId, step, state, data);
      }),

    endRun: (runId, { state, error }) =>
      engine.write(async (database) => {
        const run = await findRunState(database, runId);
        if (run.state !== 'running') {
          throw new StackError({
            code: 'PRECONDITION_FAILED',
            message: `The run "${run.name}" has ended as ${run.state} already: it cannot end as ${state}.`,
          });
        }
        await database
          .updateTable('runs')
          .set({ state, error: error === undefined ? null : JSON.stringify(error), ended_at: Date.now() })
          .where('id', '=', runId)
          .execute();
        await appendEvent(database, runId, null, state, { error });
      }),

    getRun: (reference) =>
      engine.read(async (database) => {
        const candidates = await database
          .selectFrom('runs')
          .select(['id', 'name'])
          .where(nameOrIdFits(reference))
          .execute();
        const id = chooseId(reference, candidates, 'runs');
        if (id === undefined) throw await runNotFound(database, reference);
        const row = await database.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        return runRecord(row);
      }),

    listRuns: ({ pipeline, state, limit = defaultLimit } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('runs').selectAll().orderBy('sequence', 'desc').limit(limit);
        if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline);
        if (state !== undefined) query = query.where('state', '=', state);
        return (await query.execute()).map(runRecord);
      }),

    listStepRuns: (runId) =>
      engine.read(async (database) => {
        const rows = await database
          .selectFrom('step_runs')
          .selectAll()
          .where('run_id', '=', runId)
          .orderBy('position')
          .execute();
        if (rows.length === 0) await findRunState(database, runId);
        return rows.map(stepRunRecord);
      }),

    getArtifact: (reference) =>
      engine.read(async (database) => {
        const candidates = await database.selectFrom('artifacts').select('id').where(idFits(reference)).execute();
        const id = chooseId(reference, candidates, 'artifacts');
        if (id === undefined) {
          throw new StackError({
            code: 'ARTIFACT_NOT_FOUND',
            message: `There is no artifact "${reference}".`,
            hint: 'See those that there are: stack artifact list',
          });
        }
        const row = await database.selectFrom('artifacts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        return artifactRecord(row);
      }),

    listArtifacts: ({ runId, step, limit = defaultLimit } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('artifacts').selectAll().orderBy('sequence', 'desc').limit(limit);
        if (runId !== undefined) query = query.where('run_id', '=', runId);
        if (step !== undefined) query = query.where('step', '=', step);
        return (await query.execute()).map(artifactRecord);
      }),
  };
}

function changedColumns(change: StepChange, startedAt: number | null): Partial<StepRunRow> {
  const now = Date.now();
  switch (change.state) {
    case 'running':
      return { state: 'running', attempt: change.attempt, started_at: startedAt ?? now };
    case 'completed':
      return { state: 'completed', metadata: JSON.stringify(change.metadata), ended_at: now };
    case 'failed':
      return {
        state: 'failed',
        error: JSON.stringify(change.error),
        metadata: JSON.stringify(change.metadata),
        ended_at: now,
      };
    case 'skipped':
    case 'cancelled':
      return { state: change.state, reason: change.reason, ended_at: now };
  }
}

async function appendEvent(
  database: Kysely<Tables>,
  runId: string,
  step: string | null,
  state: string,
  data: object,
): Promise<void> {
  await database
    .insertInto('run_events')
    .values({ run_id: runId, step, state, data: JSON.stringify(data), created_at: Date.now() })
    .execute();
}

async function findRunState(database: Kysely<Tables>, id: string): Promise<Pick<RunRow, 'name' | 'state'>> {
  const row = await database.selectFrom('runs').select(['name', 'state']).where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw await runNotFound(database, id);
  return row;
}

async function runNotFound(database: Kysely<Tables>, reference: string): Promise<StackError> {
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

async function stepNotFound(database: Kysely<Tables>, runId: string, step: string): Promise<StackError> {
  const steps = await database.selectFrom('step_runs').select('step').where('run_id', '=', runId).execute();
  return new StackError({
    code: 'STEP_NOT_FOUND',
    message: `The run ${runId} has no step "${step}".`,
    hint: didYouMean(
      step,
      steps.map((other) => other.step),
    ),
  });
}
