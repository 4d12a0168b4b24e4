import type { JsonObject, RunFence, RunRecord, RunStore, StepCaching, StepChange } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import { isObject, StoredRow } from '../schema/stored-row.ts';
import type { RunRow, StepRunRow, Tables } from '../schema/tables.ts';
import { appendRunEvent } from './append-run-event.ts';
import { createArtifactTable, findArtifact } from './artifact-table.ts';
import { createRunKeeping } from './create-run-keeping.ts';
import { findHeldRun, findRunId, runNotFound } from './find-run.ts';
import { insertArtifacts, insertArtifactUses } from './insert-artifacts.ts';
import { prepareQuery, prepareRowsQuery } from './prepared-query.ts';
import { readDigestKey } from './read-digest-key.ts';
import { type RunLeases, releasedColumns } from './run-leases.ts';
import { runRecord, stepRunRecord } from './run-records.ts';
import { checkStepChange } from './step-transitions.ts';

const defaultLimit = 50;
/** Rows of one insert: an engine limits how many values a statement may have. */
const rowsAtOnce = 500;

type FencedRun = Pick<RunRow, 'name' | 'state'>;

/** A step run that is about to be changed, and its run. */
interface FencedStep extends Pick<StepRunRow, 'run_id' | 'step' | 'position' | 'state' | 'attempt' | 'started_at'> {
  readonly name: string;
  readonly runState: string;
}

/**
 * Each change of a state is one transaction, which appends an event and changes the row of the run or step that shows
 * the present state. It touches no other step, so that its cost does not grow with their number.
 */
export function createRunStore(engine: Engine, leases: RunLeases): RunStore {
  const selectFencedRun = prepareQuery((database, { runId }: { readonly runId: string }) =>
    database
      .selectFrom('runs')
      .innerJoin('run_leases', 'run_leases.run_id', 'runs.id')
      .select(['runs.name', 'runs.state', 'run_leases.epoch'])
      .where('runs.id', '=', runId)
      .modifyEnd(engine.shareLock),
  );
  const selectFencedSteps = prepareRowsQuery(
    (database, steps: readonly { readonly runId: string; readonly step: string }[]) =>
      database
        .selectFrom('runs')
        .innerJoin('run_leases', 'run_leases.run_id', 'runs.id')
        .innerJoin('step_runs', 'step_runs.run_id', 'runs.id')
        .select(['runs.name', 'runs.state as runState', 'run_leases.epoch'])
        .select([
          'step_runs.run_id',
          'step_runs.step',
          'position',
          'step_runs.state',
          'attempt',
          'step_runs.started_at',
        ])
        .where('runs.id', '=', steps[0]?.runId ?? '')
        .where(
          'step_runs.step',
          'in',
          steps.map(({ step }) => step),
        )
        .modifyEnd(engine.shareLock),
  );
  const findFencedRun = async (database: Kysely<Tables>, { runId, epoch }: RunFence): Promise<FencedRun> => {
    const [run] = await selectFencedRun(database, { runId });
    if (run === undefined) throw await runNotFound(database, runId);
    if (run.epoch !== epoch) throw leases.lose({ runId, epoch }, run.name);
    return run;
  };
  const findFencedSteps = async (
    database: Kysely<Tables>,
    fence: RunFence,
    steps: readonly string[],
  ): Promise<ReadonlyMap<string, FencedStep>> => {
    const { runId, epoch } = fence;
    const rows = await selectFencedSteps(
      database,
      steps.map((step) => ({ runId, step })),
    );
    if (rows[0]?.epoch !== epoch) await findFencedRun(database, fence);
    return new Map(rows.map((row) => [row.step, row]));
  };
  /** Runs a write of a run's state in a transaction that others who take the run come before or after. */
  const write = <Result>(
    fence: RunFence,
    work: (database: Kysely<Tables>, run: FencedRun) => Promise<Result>,
  ): Promise<Result> => engine.write(async (database) => await work(database, await findFencedRun(database, fence)));
  /**
   * The same for the state of a step, and of one that starts with its end: one query finds them and their run, since there is
   * such a write for each step.
   */
  const writeStep = <Result>(
    fence: RunFence,
    { step, next }: { readonly step: string; readonly next?: string | undefined },
    work: (database: Kysely<Tables>, found: FencedStep, next: FencedStep | undefined) => Promise<Result>,
  ): Promise<Result> =>
    engine.write(async (database) => {
      const steps = next === undefined ? [step] : [step, next];
      const found = await findFencedSteps(database, fence, steps);
      const missing = steps.find((name) => !found.has(name));
      if (missing !== undefined) throw await stepNotFound(database, fence.runId, missing);
      return await work(database, found.get(step) as FencedStep, next === undefined ? undefined : found.get(next));
    });

  const recordOf = async (run: SelectedRun): Promise<RunRecord> =>
    runRecord(run, run.holder !== null && !(await engine.isLockHeld(run.holder)));

  return {
    ...createRunKeeping(engine, leases),

    startRun: async (run) => {
      await leases.prepare();
      await engine.write(async (database) => {
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
        await leases.insert(database, run.id);
        const steps = plan.steps.map(
          ({ name }, position): StepRunRow => ({
            run_id: run.id,
            step: name,
            position,
            item: null,
            ...pending,
          }),
        );
        await insertStepRuns(database, steps);
        await appendRunEvent(database, run.id, null, 'running', { metadata });
      });
      return leases.hold({ runId: run.id, epoch: 1 }, run.name);
    },

    claimRun: (reference, options = {}) =>
      leases.claim(() => engine.read((database) => findHeldRun(database, reference)), options),

    recordItems: (fence, step, items) =>
      writeStep(fence, { step }, async (database, found) => {
        const { runId } = fence;
        // One that runs has been expanded: that attempt was begun already.
        const attempt = found.attempt + (found.state === 'pending' ? 1 : 0);
        await changeStep(database, found, { state: 'running', attempt });
        const rows = items.map(
          (name, item): StepRunRow => ({ run_id: runId, step: name, position: found.position, item, ...pending }),
        );
        await insertStepRuns(database, rows);
        await appendRunEvent(database, runId, step, 'running', { attempt, items: items.length });
      }),

    recordPlan: (fence, plan) =>
      write(fence, async (database, run) => {
        checkRunning(run, 'get another plan');
        const { runId } = fence;
        await database
          .updateTable('runs')
          .set({ plan: JSON.stringify(plan) })
          .where('id', '=', runId)
          .execute();
        await appendRunEvent(database, runId, null, 'replanned', {});
      }),

    recordStep: (fence, step, change) => {
      const next = 'next' in change ? change.next : undefined;
      if (change.state === 'running' || next !== undefined) leases.beatWhileBusy();
      return writeStep(fence, { step, next: next?.step }, async (database, found, following) => {
        const { runId } = fence;
        if (change.state !== 'completed') {
          await recordChange(database, found, change);
          return [];
        }
        await changeStep(database, found, change);
        const { state, artifacts, inputs, metadata, runMetadata } = change;
        if (runMetadata !== undefined) await logRunMetadata(database, runId, runMetadata);
        const recorded = await insertArtifacts(database, artifacts);
        await insertArtifactUses(database, fence, step, inputs);
        const ids = artifacts.map(({ id }) => id);
        await appendRunEvent(database, runId, step, state, { artifacts: ids, inputs, metadata });
        if (next !== undefined && following !== undefined) {
          // A step was found as it was before it completed, and cannot start with its own end.
          const present = following === found ? { ...following, state } : following;
          await recordChange(database, present, { state: 'running', attempt: next.attempt });
        }
        return recorded;
      });
    },

    endRun: async (fence, { state, error }) => {
      const { runId } = fence;
      await write(fence, async (database, run) => {
        checkRunning(run, `end as ${state}`);
        await database
          .updateTable('runs')
          .set({ state, error: error === undefined ? null : JSON.stringify(error), ended_at: Date.now() })
          .where('id', '=', runId)
          .execute();
        await database.updateTable('run_leases').set(releasedColumns).where('run_id', '=', runId).execute();
        await appendRunEvent(database, runId, null, state, { error });
      });
      leases.forget(fence);
    },

    getRun: async (reference) => {
      const run = await engine.read(async (database) => {
        const id = await findRunId(database, reference);
        return selectRuns(database).where('runs.id', '=', id).executeTakeFirstOrThrow();
      });
      return recordOf(run);
    },

    listRuns: async ({ pipeline, state, limit = defaultLimit } = {}) => {
      const runs = await engine.read((database) => {
        let query = selectRuns(database).orderBy('runs.sequence', 'desc').limit(limit);
        if (pipeline !== undefined) query = query.where('runs.pipeline', '=', pipeline);
        if (state !== undefined) query = query.where('runs.state', '=', state);
        return query.execute();
      });
      return Promise.all(runs.map(recordOf));
    },

    listStepRuns: (runId) =>
      engine.read(async (database) => {
        const rows = await database
          .selectFrom('step_runs')
          .selectAll()
          .where('run_id', '=', runId)
          .orderBy('position')
          // SQLite has null first, PostgreSQL last.
          .orderBy((column) => column.fn.coalesce('item', column.lit(-1)))
          .execute();
        if (rows.length === 0) await checkRunExists(database, runId);
        return rows.map(stepRunRecord);
      }),

    findCached: (keys) =>
      engine.read(async (database) => {
        let latest: StepRunRow | undefined;
        for (const key of keys) {
          const [row] = await selectLatestOfKey(database, { key });
          if (row !== undefined && (row.ended_at ?? 0) > (latest?.ended_at ?? -1)) latest = row;
        }
        return latest === undefined ? undefined : stepRunRecord(latest);
      }),

    digestKey: () => engine.read(readDigestKey),

    listReuses: ({ runId, step, caching }) =>
      engine.read(async (database) => {
        if (caching === undefined || caching.state === 'off') return [];
        const rows = await database
          .selectFrom('step_runs')
          .selectAll()
          .where('cache_key', '=', caching.key)
          .orderBy('ended_at')
          .execute();
        const isOfThis = (other: StepCaching | undefined) =>
          other?.state === 'cached' && other.from.runId === runId && other.from.step === step;
        return rows.map(stepRunRecord).filter((other) => isOfThis(other.caching));
      }),

    addMetadata: (target, metadata) =>
      engine.write(async (database) => {
        if ('artifact' in target) {
          const { id, metadata: present } = await findArtifact(database, target.artifact);
          await database
            .updateTable('artifacts')
            .set({ metadata: JSON.stringify({ ...present, ...metadata }) })
            .where('id', '=', id)
            .execute();
          return;
        }
        const runId = await findRunId(database, target.run);
        if (target.step === undefined) await logRunMetadata(database, runId, metadata);
        else await logStepMetadata(database, runId, target.step, metadata);
      }),

    ...createArtifactTable(engine),
  };
}

const pending = {
  state: 'pending',
  attempt: 0,
  error: null,
  reason: null,
  caching: null,
  cache_key: null,
  inputs: '[]',
  interruptions: 0,
  metadata: '{}',
  started_at: null,
  ended_at: null,
} as const;

function checkRunning({ name, state }: FencedRun, change: string): void {
  if (state === 'running') return;
  throw new StackError({
    code: 'PRECONDITION_FAILED',
    message: `The run "${name}" has ended as ${state} already: it cannot ${change}.`,
  });
}

const selectStepRun = prepareQuery((database, { runId, step }: { readonly runId: string; readonly step: string }) =>
  database.selectFrom('step_runs').selectAll().where('run_id', '=', runId).where('step', '=', step),
);

/**
 * Of one key, which the index has in the order of their ends. Of several at once they would be sorted, which takes far longer.
 * The limit is part of the text: SQLite compiles a statement anew for each value that is given for one.
 */
const selectLatestOfKey = prepareQuery((database, { key }: { readonly key: string }) =>
  database
    .selectFrom('step_runs')
    .selectAll()
    .where('cache_key', '=', key)
    .orderBy('ended_at', 'desc')
    .limit(sql.lit(1)),
);

/** A query of its own for each change: it writes no column that stays as it is, and so no index of one. */
const updateStepRun = {
  running: prepareStepUpdate(),
  completed: prepareStepUpdate(),
  failed: prepareStepUpdate(),
  skipped: prepareStepUpdate(),
  cancelled: prepareStepUpdate(),
} as const satisfies Record<StepChange['state'], unknown>;

function prepareStepUpdate() {
  return prepareQuery(
    (database, { run_id, step, ...columns }: Pick<StepRunRow, 'run_id' | 'step'> & Partial<StepRunRow>) =>
      database.updateTable('step_runs').set(columns).where('run_id', '=', run_id).where('step', '=', step),
  );
}

/** @throws PRECONDITION_FAILED */
async function changeStep(database: Kysely<Tables>, found: FencedStep, change: StepChange): Promise<void> {
  checkStepChange(found, change);
  const { run_id, step, started_at } = found;
  await updateStepRun[change.state](database, { ...changedColumns(change, started_at), run_id, step });
}

/** Records a change that nothing comes into being with. @throws PRECONDITION_FAILED */
async function recordChange(
  database: Kysely<Tables>,
  found: FencedStep,
  change: Exclude<StepChange, { readonly state: 'completed' }>,
): Promise<void> {
  await changeStep(database, found, change);
  const { state, ...data } = change;
  const { run_id, step } = found;
  await appendRunEvent(database, run_id, step, state, 'caching' in data ? { ...data, caching: undefined } : data);
}

/** Those that are there stay as they are. */
async function insertStepRuns(database: Kysely<Tables>, steps: readonly StepRunRow[]): Promise<void> {
  for (let start = 0; start < steps.length; start += rowsAtOnce) {
    await database
      .insertInto('step_runs')
      .values(steps.slice(start, start + rowsAtOnce))
      .onConflict((conflict) => conflict.columns(['run_id', 'step']).doNothing())
      .execute();
  }
}

async function findStepRun(database: Kysely<Tables>, runId: string, step: string): Promise<StepRunRow> {
  const [row] = await selectStepRun(database, { runId, step });
  if (row === undefined) throw await stepNotFound(database, runId, step);
  return row;
}

function changedColumns(change: StepChange, startedAt: number | null): Partial<StepRunRow> {
  const now = Date.now();
  switch (change.state) {
    case 'running':
      return { state: 'running', attempt: change.attempt, started_at: startedAt ?? now };
    case 'completed':
      return {
        state: 'completed',
        metadata: JSON.stringify(change.metadata),
        caching: change.caching === undefined ? null : JSON.stringify(change.caching),
        cache_key: change.caching === undefined || change.caching.state === 'off' ? null : change.caching.key,
        inputs: JSON.stringify(change.inputs ?? []),
        ended_at: now,
      };
    case 'failed':
      return {
        state: 'failed',
        error: JSON.stringify(change.error),
        metadata: JSON.stringify(change.metadata),
        caching: change.caching === undefined ? null : JSON.stringify(change.caching),
        ended_at: now,
      };
    case 'skipped':
    case 'cancelled':
      return { state: change.state, reason: change.reason, ended_at: now };
  }
}

/** The rows of runs, with who holds them. */
function selectRuns(database: Kysely<Tables>) {
  return database
    .selectFrom('runs')
    .innerJoin('run_leases', 'run_leases.run_id', 'runs.id')
    .selectAll('runs')
    .select(['run_leases.epoch', 'holder', 'host', 'pid', 'held_since']);
}

type SelectedRun = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

/** @throws STORE_CORRUPT */
async function logRunMetadata(database: Kysely<Tables>, runId: string, metadata: JsonObject): Promise<void> {
  const run = await database.selectFrom('runs').select('metadata').where('id', '=', runId).executeTakeFirstOrThrow();
  const logged = withLogged(new StoredRow('runs', runId, run).object('metadata'), metadata);
  await database
    .updateTable('runs')
    .set({ metadata: JSON.stringify(logged) })
    .where('id', '=', runId)
    .execute();
}

/** @throws STEP_NOT_FOUND, STORE_CORRUPT */
async function logStepMetadata(
  database: Kysely<Tables>,
  runId: string,
  step: string,
  metadata: JsonObject,
): Promise<void> {
  const row = await findStepRun(database, runId, step);
  const logged = withLogged(new StoredRow('step_runs', `${runId}/${step}`, row).object('metadata'), metadata);
  await database
    .updateTable('step_runs')
    .set({ metadata: JSON.stringify(logged) })
    .where('run_id', '=', runId)
    .where('step', '=', step)
    .execute();
}

function withLogged(present: JsonObject, added: JsonObject): JsonObject {
  return { ...present, logged: { ...(isObject(present.logged) ? present.logged : {}), ...added } };
}

async function checkRunExists(database: Kysely<Tables>, id: string): Promise<void> {
  const row = await database.selectFrom('runs').select('id').where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw await runNotFound(database, id);
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
