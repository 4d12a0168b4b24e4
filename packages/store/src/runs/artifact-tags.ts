import type { Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import { holdsTag } from './holds-tag.ts';
import { artifactRecord } from './run-records.ts';

/** Takes tags from the artifacts of a name, so that another one can have them. */
export async function takeTags(database: Kysely<Tables>, name: string, taken: readonly string[]): Promise<void> {
  for (const tag of taken) {
    const rows = await database
      .selectFrom('artifacts')
      .selectAll()
      .where('name', '=', name)
      .where(holdsTag(tag))
      .execute();
    for (const { id, tags } of rows.map(artifactRecord)) {
      await setTags(
        database,
        id,
        tags.filter((other) => other !== tag),
      );
    }
  }
}

export async function setTags(database: Kysely<Tables>, id: string, tags: readonly string[]): Promise<void> {
  await database
    .updateTable('artifacts')
    .set({ tags: JSON.stringify(tags) })
    .where('id', '=', id)
    .execute();
}
