import { StackError } from '@stack/core';

/**
 * The store reads labels back as texts alone: a row with others would be a broken one.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkLabels(labels: Readonly<Record<string, unknown>>): void {
  const wrong = Object.entries(labels).find(([key, value]) => key === '' || typeof value !== 'string');
  if (wrong === undefined) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The label ${JSON.stringify(wrong[0])} is not a text under a name.`,
    hint: 'Write labels as texts, e.g. { team: "vision" }.',
  });
}
