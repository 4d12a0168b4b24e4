import { StackError } from '@stack/core/errors';
import { type RawBuilder, sql } from 'kysely';

interface Candidate {
  readonly id: string;
  readonly name?: string;
}

// Greater than every character of an id, so that the ids with a prefix are a range, which an index finds.
const afterAnyCharacter = '\uffff';

/** The condition that a row has this id, or an id that begins so. */
export function idFits(reference: string): RawBuilder<boolean> {
  return sql<boolean>`(id >= ${reference} and id < ${reference + afterAnyCharacter})`;
}

/** The condition that a row has this name or id, or an id that begins so. */
export function nameOrIdFits(reference: string): RawBuilder<boolean> {
  return sql<boolean>`(name = ${reference} or ${idFits(reference)})`;
}

/**
 * The id of the row that a reference means, of those that fit it: the one of this id, else of this name, else the only
 * one whose id begins so.
 *
 * @param things what the rows are, for the message
 * @throws AMBIGUOUS
 */
export function chooseId(reference: string, candidates: readonly Candidate[], things: string): string | undefined {
  if (reference === '') return undefined;
  const exact = candidates.find(({ id }) => id === reference) ?? candidates.find(({ name }) => name === reference);
  if (exact !== undefined) return exact.id;
  if (candidates.length > 1) {
    const found = candidates.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`));
    throw new StackError({
      code: 'AMBIGUOUS',
      message: `"${reference}" is the beginning of the ids of ${candidates.length} ${things}: ${formatNames(found)}.`,
      hint: 'Use more of the id.',
    });
  }
  return candidates[0]?.id;
}

/** `a, b and 3 more`: some names, and how many there are beyond. */
export function formatNames(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  const rest = names.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
