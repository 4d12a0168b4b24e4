import type { ArtifactRecord, RunStore, TagChange } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';
import { checkArtifactTag, parseArtifactReference } from '@stack/core/manifest';
import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { chooseId, formatNames, idFits } from '../reference.ts';
import type { Tables } from '../schema/tables.ts';
import { setTags, takeTags } from './artifact-tags.ts';
import { holdsTag } from './holds-tag.ts';
import { insertArtifacts } from './insert-artifacts.ts';
import { prepareQuery } from './prepared-query.ts';
import { artifactRecord, stepRunRecord } from './run-records.ts';

const defaultLimit = 50;
/** So many names are looked through for one that is like another. */
const namesForHints = 1000;

/** Without a limit, for which SQLite would compile it anew each time: a step has few artifacts. */
const selectStepArtifacts = prepareQuery(
  (database, { runId, step }: { readonly runId: string; readonly step: string }) =>
    database
      .selectFrom('artifacts')
      .selectAll()
      .where('run_id', '=', runId)
      .where('step', '=', step)
      .orderBy('sequence', 'desc'),
);

type ArtifactTable = Pick<RunStore, 'saveArtifact' | 'changeTags' | 'getArtifact' | 'listArtifacts' | 'listLoads'>;

export function createArtifactTable(engine: Engine): ArtifactTable {
  return {
    saveArtifact: (artifact) =>
      engine.write(async (database) => {
        const [recorded] = await insertArtifacts(database, [artifact]);
        return recorded as ArtifactRecord;
      }),

    changeTags: (reference, change) =>
      engine.write(async (database) => {
        const artifact = await findArtifact(database, reference);
        const tags = changedTags(artifact, change);
        await takeTags(database, artifact.name, change.add ?? []);
        await setTags(database, artifact.id, tags);
        return { ...artifact, tags };
      }),

    getArtifact: (reference) => engine.read((database) => findArtifact(database, reference)),

    listArtifacts: ({ runId, step, name, after, limit = defaultLimit } = {}) =>
      engine.read(async (database) => {
        if (runId !== undefined && step !== undefined && name === undefined && after === undefined) {
          return (await selectStepArtifacts(database, { runId, step })).slice(0, limit).map(artifactRecord);
        }
        let query = database.selectFrom('artifacts').selectAll().orderBy('sequence', 'desc').limit(limit);
        if (runId !== undefined) query = query.where('run_id', '=', runId);
        if (step !== undefined) query = query.where('step', '=', step);
        if (name !== undefined) query = query.where('name', '=', name);
        if (after !== undefined) {
          const last = await database
            .selectFrom('artifacts')
            .select('sequence')
            .where('id', '=', after)
            .executeTakeFirst();
          if (last === undefined) throw await artifactNotFound(database, after);
          query = query.where('sequence', '<', last.sequence);
        }
        return (await query.execute()).map(artifactRecord);
      }),

    listLoads: (artifactId) =>
      engine.read(async (database) => {
        const rows = await database
          .selectFrom('step_runs')
          .innerJoin('runs', 'runs.id', 'step_runs.run_id')
          .innerJoin('artifact_uses', (join) =>
            join
              .onRef('artifact_uses.run_id', '=', 'step_runs.run_id')
              .onRef('artifact_uses.step', '=', 'step_runs.step'),
          )
          .selectAll('step_runs')
          .where('artifact_uses.artifact_id', '=', artifactId)
          .orderBy('runs.sequence')
          .orderBy('position')
          .orderBy((column) => column.fn.coalesce('item', column.lit(-1)))
          .execute();
        return rows.map(stepRunRecord);
      }),
  };
}

/** @throws ARTIFACT_NOT_FOUND, AMBIGUOUS, ARGUMENT_INVALID */
export async function findArtifact(database: Kysely<Tables>, reference: string): Promise<ArtifactRecord> {
  const { name, version, tag } = parseArtifactReference(reference);
  const named = database.selectFrom('artifacts').selectAll().where('name', '=', name).orderBy('version', 'desc');
  if (version !== undefined || tag !== undefined) {
    const query = version === undefined ? named.where(holdsTag(tag ?? '')) : named.where('version', '=', version);
    const row = await query.limit(1).executeTakeFirst();
    if (row !== undefined) return artifactRecord(row);
    throw await selectedNotFound(
      database,
      name,
      version === undefined ? `none with the tag "${tag}"` : `no version ${version}`,
    );
  }
  const all = database.selectFrom('artifacts');
  const exact = await all.selectAll().where('id', '=', name).executeTakeFirst();
  const found = exact ?? (await named.limit(1).executeTakeFirst());
  if (found !== undefined) return artifactRecord(found);
  const candidates = await all.select('id').where(idFits(name)).execute();
  const id = chooseId(name, candidates, 'artifacts');
  if (id === undefined) throw await artifactNotFound(database, reference);
  return artifactRecord(await all.selectAll().where('id', '=', id).executeTakeFirstOrThrow());
}

async function selectedNotFound(database: Kysely<Tables>, name: string, missing: string): Promise<StackError> {
  const rows = await database
    .selectFrom('artifacts')
    .select(['version', 'tags'])
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .limit(namesForHints)
    .execute();
  const [newest] = rows;
  if (newest === undefined) return artifactNotFound(database, name);
  const tags = rows.flatMap((row) => JSON.parse(row.tags) as string[]);
  return new StackError({
    code: 'ARTIFACT_NOT_FOUND',
    message: `Of the artifacts "${name}" there is ${missing}: the newest is version ${newest.version}, and ${
      tags.length === 0 ? 'none has a tag' : `there are the tags ${formatNames(tags)}`
    }.`,
    hint: `See those that there are: stack artifact versions ${name}`,
  });
}

async function artifactNotFound(database: Kysely<Tables>, reference: string): Promise<StackError> {
  const names = await database
    .selectFrom('artifact_names')
    .select('name')
    .orderBy('name')
    .limit(namesForHints)
    .execute();
  return new StackError({
    code: 'ARTIFACT_NOT_FOUND',
    message: `There is no artifact "${reference}".`,
    hint:
      didYouMean(
        reference,
        names.map(({ name }) => name),
      ) ?? 'See those that there are: stack artifact list',
  });
}

/** @throws ARGUMENT_INVALID */
function changedTags({ name, version, tags }: ArtifactRecord, { add = [], remove = [] }: TagChange): readonly string[] {
  for (const tag of add) checkArtifactTag(tag);
  const missing = remove.filter((tag) => !tags.includes(tag));
  if (missing.length > 0) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The artifact ${name}@${version} does not have the tags ${formatNames(missing)}.`,
      hint: tags.length === 0 ? 'It has none.' : `It has ${formatNames(tags)}.`,
    });
  }
  return [...new Set([...tags, ...add])].filter((tag) => !remove.includes(tag)).toSorted();
}
