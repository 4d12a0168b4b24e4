import type { NewArtifact } from '@stack/core';
import { artifactCollected } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import { prepareRowsQuery } from './prepared-query.ts';

/** Values of one statement: an engine limits how many it may have. */
const valuesAtOnce = 500;

/** Milliseconds after which whoever condemned an object has removed it, or does not any more. */
const longestRemoval = 86_400_000;

type ObjectsOfArtifact = Pick<NewArtifact, 'id' | 'path' | 'contents' | 'visualizations'>;

/** For every step that completes. */
const selectCondemned = prepareRowsQuery((database, rows: readonly { readonly path: string }[]) =>
  database
    .selectFrom('condemned_objects')
    .select('path')
    .where(
      'path',
      'in',
      rows.map(({ path }) => path),
    ),
);

/** The paths of all objects of artifacts, each once. */
export function pathsOf(artifacts: readonly Omit<ObjectsOfArtifact, 'id'>[]): readonly string[] {
  return [...new Set(artifacts.flatMap((artifact) => [artifact.path, ...furtherPaths(artifact)]))];
}

/** @throws ARTIFACT_COLLECTED */
export async function checkNotCondemned(
  database: Kysely<Tables>,
  artifacts: readonly ObjectsOfArtifact[],
): Promise<void> {
  const condemned = await findCondemned(database, pathsOf(artifacts));
  if (condemned.length > 0) throw artifactCollected(condemned);
}

/** Records which objects artifacts have beside their own, so that it is known who refers to them. */
export async function insertArtifactObjects(
  database: Kysely<Tables>,
  artifacts: readonly ObjectsOfArtifact[],
): Promise<void> {
  const rows = artifacts.flatMap((artifact) =>
    [...new Set(furtherPaths(artifact))].map((path) => ({ path, artifact_id: artifact.id })),
  );
  for (const some of chunksOf(rows)) await database.insertInto('artifact_objects').values(some).execute();
}

export async function findCondemned(database: Kysely<Tables>, paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const some of chunksOf(paths)) {
    const rows = await selectCondemned(
      database,
      some.map((path) => ({ path })),
    );
    found.push(...rows.map(({ path }) => path));
  }
  return found;
}

/** Those of the paths that no artifact refers to. */
export async function findUnreferenced(database: Kysely<Tables>, paths: readonly string[]): Promise<readonly string[]> {
  const referenced = new Set<string>();
  for (const some of chunksOf(paths)) {
    const rows = await database
      .selectFrom('artifacts')
      .select('path')
      .where('path', 'in', some)
      .union(database.selectFrom('artifact_objects').select('path').where('path', 'in', some))
      .execute();
    for (const { path } of rows) referenced.add(path);
  }
  return paths.filter((path) => !referenced.has(path));
}

export async function condemn(database: Kysely<Tables>, paths: readonly string[]): Promise<void> {
  const runs = await database
    .selectFrom('runs')
    .select(({ fn }) => fn.max('sequence').as('last'))
    .executeTakeFirst();
  const row = { last_run: runs?.last ?? 0, condemned_at: Date.now() };
  for (const some of chunksOf(paths)) {
    await database
      .insertInto('condemned_objects')
      .values(some.map((path) => ({ path, ...row })))
      .onConflict((conflict) => conflict.column('path').doUpdateSet(row))
      .execute();
  }
}

/** Forgets what is condemned and nobody removes, or counts on, any more. */
export async function forgetCondemned(database: Kysely<Tables>): Promise<void> {
  const running = await database
    .selectFrom('runs')
    .select(({ fn }) => fn.min('sequence').as('first'))
    .where('state', '=', 'running')
    .executeTakeFirst();
  let forgotten = database.deleteFrom('condemned_objects').where('condemned_at', '<', Date.now() - longestRemoval);
  // A run that was there may have found the object before it was removed, and be about to refer to it.
  if (typeof running?.first === 'number') forgotten = forgotten.where('last_run', '<', running.first);
  await forgotten.execute();
}

/** Lists that one statement takes. */
export function* chunksOf<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; start += valuesAtOnce) yield items.slice(start, start + valuesAtOnce);
}

function furtherPaths({ contents, visualizations }: Omit<ObjectsOfArtifact, 'id' | 'path'>): readonly string[] {
  return [...contents, ...visualizations].map(({ path }) => path);
}
