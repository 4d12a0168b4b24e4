import { type RawBuilder, sql } from 'kysely';

/** The condition that an artifact has a tag. `like` would take some characters for patterns, or for others. */
export function holdsTag(tag: string): RawBuilder<boolean> {
  const tags = sql.ref('tags');
  return sql<boolean>`replace(${tags}, ${JSON.stringify(tag)}, '') <> ${tags}`;
}
