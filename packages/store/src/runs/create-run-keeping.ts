import { createHmac } from 'node:crypto';
import type {
  ArtifactPlace,
  ArtifactRecord,
  DeletedRun,
  ReleasedObjects,
  RetentionRule,
  RunDeletion,
  RunKeeping,
} from '@stack/core';
import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { runTransaction } from '../run-transaction.ts';
import { isObject, StoredRow } from '../schema/stored-row.ts';
import type { RunRow, Tables } from '../schema/tables.ts';
import { chunksOf, condemn, findCondemned, findUnreferenced, forgetCondemned, pathsOf } from './artifact-objects.ts';
import { findHeldRun, runNotFound } from './find-run.ts';
import { readDigestKey } from './read-digest-key.ts';
import type { RunLeases } from './run-leases.ts';
import { artifactRecord, runSummary } from './run-records.ts';

const retentionSetting = 'retention';
const summaryColumns = ['id', 'name', 'pipeline', 'state', 'started_at', 'ended_at'] as const;

/** How runs are deleted, and how objects of artifacts are removed beside runs that may be about to refer to them. */
export function createRunKeeping(engine: Engine, leases: RunLeases): RunKeeping {
  return {
    summarizeRuns: ({ pipeline, state, before } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('runs').select(summaryColumns).orderBy('sequence', 'desc');
        if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline);
        if (state !== undefined) query = query.where('state', '=', state);
        if (before !== undefined) {
          query = query.where(({ eb, fn }) => eb(fn.coalesce('ended_at', 'started_at'), '<', before.getTime()));
        }
        return (await query.execute()).map(runSummary);
      }),

    deleteRun: async (reference, options = {}) => {
      const { dryRun = false } = options;
      const found = await engine.read((database) => findHeldRun(database, reference));
      const isRunning = found.state === 'running';
      if (isRunning && dryRun) await leases.checkFree(found);
      // Whoever had it, and was stopped, cannot go on with it.
      const lease =
        isRunning && !dryRun
          ? await leases.claim(() => engine.read((database) => findHeldRun(database, found.id)), {})
          : undefined;
      try {
        const deleted = await runTransaction(
          engine,
          ({ write }) =>
            write(async (database) => {
              const run = await database
                .selectFrom('runs')
                .innerJoin('run_leases', 'run_leases.run_id', 'runs.id')
                .select(summaryColumns)
                .select('run_leases.epoch')
                .where('id', '=', found.id)
                .executeTakeFirst();
              if (run === undefined) throw await runNotFound(database, reference);
              if (lease !== undefined && lease.epoch !== run.epoch) throw leases.lose(lease, run.name);
              return removeRun(database, run, options);
            }),
          { dryRun },
        );
        if (lease !== undefined) leases.forget(lease);
        return deleted;
      } catch (error) {
        await lease?.[Symbol.asyncDispose]();
        throw error;
      }
    },

    listDeletedRuns: (component) =>
      engine.read(async (database) => {
        const rows = await database
          .selectFrom('deleted_runs')
          .select('run_id')
          .where('component', '=', component)
          .execute();
        return rows.map(({ run_id }) => run_id);
      }),

    forgetDeletedRun: (runId, component) =>
      engine.write(async (database) => {
        await database
          .deleteFrom('deleted_runs')
          .where('run_id', '=', runId)
          .where('component', '=', component)
          .execute();
      }),

    retentionRules: () =>
      engine.read(async (database) => {
        const row = await database
          .selectFrom('settings')
          .select('value')
          .where('key', '=', retentionSetting)
          .executeTakeFirst();
        return row === undefined
          ? []
          : new StoredRow('settings', retentionSetting, row).json('value', 'a list of rules', isRetention);
      }),

    putRetentionRules: (rules) =>
      engine.write(async (database) => {
        const value = JSON.stringify(rules);
        await database
          .insertInto('settings')
          .values({ key: retentionSetting, value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
          .execute();
      }),

    artifactPlace: async () => {
      const place = await engine.read(readPlace);
      if (!place.isCollected) return place;
      return engine.write(async (database) => {
        await forgetCondemned(database);
        return readPlace(database);
      });
    },

    condemnObjects: (paths, { dryRun = false } = {}) => {
      if (dryRun) return engine.read((database) => findUnreferenced(database, paths));
      return engine.write(async (database) => {
        const unreferenced = await findUnreferenced(database, paths);
        await forgetCondemned(database);
        await condemn(database, unreferenced);
        return unreferenced;
      });
    },

    findCondemned: (paths) => engine.read((database) => findCondemned(database, paths)),
  };
}

async function readPlace(database: Kysely<Tables>): Promise<ArtifactPlace> {
  // The same for ever, of this store alone, and of no use to whoever reads it.
  const id = createHmac('sha256', await readDigestKey(database))
    .update('artifacts')
    .digest('hex')
    .slice(0, 16);
  const condemned = await database.selectFrom('condemned_objects').select('path').limit(1).executeTakeFirst();
  return { folder: `artifacts/${id}`, isOwn: true, isCollected: condemned !== undefined };
}

/** Removes a run and what belongs to it, in a transaction. */
async function removeRun(
  database: Kysely<Tables>,
  run: Pick<RunRow, (typeof summaryColumns)[number]>,
  { logStore, keepArtifacts = false, deleteTagged = false }: RunDeletion,
): Promise<DeletedRun> {
  const runId = run.id;
  const rows = await database.selectFrom('artifacts').selectAll().where('run_id', '=', runId).execute();
  const artifacts = rows.map(artifactRecord);
  const itemsOf = await findItems(database, runId, artifacts);
  const isWanted = ({ tags }: ArtifactRecord) => keepArtifacts || (!deleteTagged && tags.length > 0);
  const kept = new Set(artifacts.filter(isWanted).flatMap((artifact) => [artifact, ...itemsOf(artifact)]));
  const used = await keepUsed(database, runId, artifacts, itemsOf);
  const released = await findReleased(database, runId, keepArtifacts);
  await change(database, [...kept], { run_id: null, step: null, output: null });
  // Its output tells it from what is to stay whether it is used or not.
  await change(
    database,
    [...used].filter((artifact) => !kept.has(artifact)),
    { run_id: null, step: null },
  );
  for (const table of ['artifact_uses', 'artifacts', 'run_events', 'run_leases', 'step_runs'] as const) {
    await database.deleteFrom(table).where('run_id', '=', runId).execute();
  }
  await database.deleteFrom('runs').where('id', '=', runId).execute();
  for (const some of chunksOf(released.map(({ id }) => id))) {
    await database.deleteFrom('artifacts').where('id', 'in', some).execute();
  }
  const components = new Set(artifacts.map(({ store }) => store.component));
  if (logStore !== undefined) components.add(logStore);
  for (const component of components) {
    await database.insertInto('deleted_runs').values({ run_id: runId, component }).execute();
  }
  const left = artifacts.filter((artifact) => !kept.has(artifact) && !used.has(artifact));
  const gone = [...left, ...released];
  return {
    ...runSummary(run),
    artifacts: gone.length,
    keptArtifacts: artifacts.length - left.length,
    objects: releasedObjects(gone),
  };
}

type ItemsOf = (list: ArtifactRecord) => readonly ArtifactRecord[];

/** Tells which artifacts the list of a mapped step refers to: those of its items. Other artifacts refer to none. */
async function findItems(
  database: Kysely<Tables>,
  runId: string,
  artifacts: readonly ArtifactRecord[],
): Promise<ItemsOf> {
  const steps = await database
    .selectFrom('step_runs')
    .select(['step', 'position', 'item'])
    .where('run_id', '=', runId)
    .execute();
  const places = new Map(steps.map((step) => [step.step, step]));
  const placeOf = ({ step = '' }: ArtifactRecord) => places.get(step);
  const keyOf = (artifact: ArtifactRecord) => `${placeOf(artifact)?.position} ${artifact.output}`;
  const isItem = (artifact: ArtifactRecord) => typeof placeOf(artifact)?.item === 'number';
  const items = Map.groupBy(artifacts.filter(isItem), keyOf);
  return (artifact) => (isItem(artifact) ? [] : (items.get(keyOf(artifact)) ?? []));
}

/** The artifacts of a run that steps of other runs took, which from now on keep those of their items too. */
async function keepUsed(
  database: Kysely<Tables>,
  runId: string,
  artifacts: readonly ArtifactRecord[],
  itemsOf: ItemsOf,
): Promise<ReadonlySet<ArtifactRecord>> {
  const uses = await database
    .selectFrom('artifact_uses')
    .innerJoin('artifacts', 'artifacts.id', 'artifact_uses.artifact_id')
    .selectAll('artifact_uses')
    .where('artifacts.run_id', '=', runId)
    .where('artifact_uses.run_id', '!=', runId)
    .execute();
  const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const used = new Set<ArtifactRecord>();
  const further: Tables['artifact_uses'][] = [];
  for (const use of uses) {
    const artifact = byId.get(use.artifact_id);
    if (artifact === undefined) continue;
    used.add(artifact);
    for (const item of itemsOf(artifact)) {
      used.add(item);
      further.push({ ...use, artifact_id: item.id });
    }
  }
  for (const some of chunksOf(further)) {
    await database
      .insertInto('artifact_uses')
      .values(some)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  return used;
}

/** The artifacts of deleted runs that were kept only because this run took them. Those that are to stay become so. */
async function findReleased(
  database: Kysely<Tables>,
  runId: string,
  keepArtifacts: boolean,
): Promise<readonly ArtifactRecord[]> {
  const rows = await database
    .selectFrom('artifacts')
    .selectAll()
    .where('run_id', 'is', null)
    .where('output', 'is not', null)
    .where('id', 'in', (from) => from.selectFrom('artifact_uses').select('artifact_id').where('run_id', '=', runId))
    .where('id', 'not in', (from) =>
      from.selectFrom('artifact_uses').select('artifact_id').where('run_id', '!=', runId),
    )
    .execute();
  const artifacts = rows.map(artifactRecord);
  const isWanted = ({ tags }: ArtifactRecord) => keepArtifacts || tags.length > 0;
  await change(database, artifacts.filter(isWanted), { output: null });
  return artifacts.filter((artifact) => !isWanted(artifact));
}

async function change(
  database: Kysely<Tables>,
  artifacts: readonly ArtifactRecord[],
  columns: { readonly run_id?: null; readonly step?: null; readonly output?: null },
): Promise<void> {
  for (const some of chunksOf(artifacts.map(({ id }) => id))) {
    await database.updateTable('artifacts').set(columns).where('id', 'in', some).execute();
  }
}

function releasedObjects(artifacts: readonly ArtifactRecord[]): readonly ReleasedObjects[] {
  const byStore = Map.groupBy(artifacts, ({ store }) => `${store.component}\n${store.root}`);
  return [...byStore.values()].flatMap((ofStore) => {
    const [first] = ofStore;
    return first === undefined ? [] : [{ store: first.store, paths: pathsOf(ofStore) }];
  });
}

function isRetention(value: unknown): value is readonly RetentionRule[] {
  const isRule = (rule: unknown) =>
    isObject(rule) &&
    [rule.pipeline, rule.state].every((text) => text === undefined || typeof text === 'string') &&
    [rule.maximumAge, rule.maximumCount].every((number) => number === undefined || typeof number === 'number');
  return Array.isArray(value) && value.every(isRule);
}
