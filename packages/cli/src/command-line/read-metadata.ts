import type { JsonObject, JsonValue } from '@stack/core';
import { StackError } from '@stack/core/errors';

/**
 * Metadata that is given as `key=value`: a value that is JSON is that, any other one is a text.
 *
 * @throws ARGUMENT_INVALID that names all that are no such pairs
 */
export function readMetadata(pairs: readonly string[]): JsonObject {
  const wrong = pairs.filter((pair) => pair.indexOf('=') < 1);
  if (wrong.length > 0) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `Metadata is a pair of a key and a value, and these are none: ${wrong.map((pair) => JSON.stringify(pair)).join(', ')}.`,
      hint: 'Write e.g. accuracy=0.9 or kind=forest.',
    });
  }
  return Object.fromEntries(
    pairs.map((pair) => {
      const separator = pair.indexOf('=');
      return [pair.slice(0, separator), jsonOrText(pair.slice(separator + 1))];
    }),
  );
}

function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
