import { type RawBuilder, sql } from 'kysely';

/** The condition that the JSON of a column has this text. `like` would take some characters for patterns, or for others. */
export function holdsText(column: 'tags' | 'inputs', text: string): RawBuilder<boolean> {
  return sql<boolean>`replace(${sql.ref(column)}, ${JSON.stringify(text)}, '') <> ${sql.ref(column)}`;
}
