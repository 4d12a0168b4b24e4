import type { ArtifactRecord, NewArtifact, RunFence, StepInput } from '@stack/core';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import { checkNotCondemned, chunksOf, insertArtifactObjects } from './artifact-objects.ts';
import { takeTags } from './artifact-tags.ts';
import { prepareRowsQuery } from './prepared-query.ts';
import { artifactRow } from './run-records.ts';

const insertRows = prepareRowsQuery((database, rows: readonly ReturnType<typeof artifactRow>[]) =>
  database.insertInto('artifacts').values(rows),
);

const raiseVersions = prepareRowsQuery((database, rows: readonly Tables['artifact_names'][]) =>
  database
    .insertInto('artifact_names')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet(({ ref }) => ({
        last_version: sql<number>`${ref('artifact_names.last_version')} + ${ref('excluded.last_version')}`,
      })),
    )
    .returningAll(),
);

/**
 * Records artifacts, and counts their versions: three statements for all of a step.
 *
 * @throws ARTIFACT_COLLECTED when objects of them are being removed, or were after they had been written
 */
export async function insertArtifacts(
  database: Kysely<Tables>,
  artifacts: readonly NewArtifact[],
): Promise<readonly ArtifactRecord[]> {
  await checkNotCondemned(database, artifacts);
  const recorded: ArtifactRecord[] = [];
  for (const some of chunksOf(artifacts)) recorded.push(...(await countVersions(database, some)));
  const tagged = tagOnce(recorded);
  for (const { name, tags } of tagged) await takeTags(database, name, tags);
  for (const some of chunksOf(tagged)) await insertRows(database, some.map(artifactRow));
  await insertArtifactObjects(database, artifacts);
  return tagged;
}

/** Of artifacts of one name that come together, the last one has a tag that several were given. */
function tagOnce(artifacts: readonly ArtifactRecord[]): readonly ArtifactRecord[] {
  const holders = new Map(
    artifacts.flatMap(({ id, name, tags }) => tags.map((tag) => [`${name}@${tag}`, id] as const)),
  );
  return artifacts.map((artifact) => ({
    ...artifact,
    tags: artifact.tags.filter((tag) => holders.get(`${artifact.name}@${tag}`) === artifact.id),
  }));
}

async function countVersions(
  database: Kysely<Tables>,
  artifacts: readonly NewArtifact[],
): Promise<readonly ArtifactRecord[]> {
  const byName = Map.groupBy(artifacts, ({ name }) => name);
  const rows = await raiseVersions(
    database,
    [...byName].map(([name, named]) => ({ name, last_version: named.length })),
  );
  const next = new Map(
    rows.map(({ name, last_version }) => [name, last_version - (byName.get(name)?.length ?? 0) + 1] as const),
  );
  return artifacts.map((artifact) => {
    const version = next.get(artifact.name) ?? 1;
    next.set(artifact.name, version + 1);
    return { ...artifact, version };
  });
}

/** Records which artifacts a step took that need not be of its own run. */
export async function insertArtifactUses(
  database: Kysely<Tables>,
  { runId }: RunFence,
  step: string,
  inputs: readonly StepInput[] = [],
): Promise<void> {
  const ids = new Set(inputs.filter(({ isLoaded }) => isLoaded).map(({ artifactId }) => artifactId));
  if (ids.size === 0) return;
  await database
    .insertInto('artifact_uses')
    .values([...ids].map((id) => ({ artifact_id: id, run_id: runId, step })))
    .execute();
}
