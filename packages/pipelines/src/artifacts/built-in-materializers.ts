import { StackError } from '@stack/core';
import { formatJsonProblems, inspectJson } from './json-data.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';

const text = defineMaterializer({
  name: 'text',
  // Half of a surrogate pair has no form in UTF-8. JSON escapes it.
  matches: (value): value is string => typeof value === 'string' && value.isWellFormed(),
  serialize: (value) => value,
  deserialize: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
});

const buffer = defineMaterializer({
  name: 'buffer',
  matches: (value) => Buffer.isBuffer(value),
  serialize: (value) => value,
  deserialize: (bytes) => Buffer.from(bytes),
});

const bytes = defineMaterializer({
  name: 'bytes',
  matches: (value) => value instanceof Uint8Array,
  serialize: (value) => value,
  deserialize: (stored) => new Uint8Array(stored),
});

/** Takes every value, and says what it cannot store. */
export const jsonMaterializer: Materializer = defineMaterializer({
  name: 'json',
  matches: (_value): _value is unknown => true,
  serialize: (value) => {
    const { problems, hasNegativeZero } = inspectJson(value);
    if (problems.length > 0) {
      throw new StackError({
        code: 'VALUE_NOT_SERIALIZABLE',
        message: `The value cannot be stored as JSON, which would change or lose parts of it:\n${formatJsonProblems(problems)}`,
        hint: 'Return plain data, text or bytes, or give the pipeline a materializer for such values: defineMaterializer().',
        problems,
      });
    }
    return JSON.stringify(value, hasNegativeZero ? keepNegativeZero : undefined);
  },
  deserialize: (stored) => JSON.parse(Buffer.from(stored).toString('utf8')),
});

/** The materializers that every pipeline has: `text`, `buffer`, `bytes` (Uint8Array) and, for all else, `json`. */
export const builtInMaterializers: readonly Materializer[] = Object.freeze([
  text,
  buffer,
  bytes,
  jsonMaterializer,
] as Materializer[]);

/** What the artifact of a mapped step is recorded with: references to the artifacts of its items. No value is given to it. */
export const itemListMaterializer = 'item-list';

/** What Node has, and the compiler's libraries do not know yet. */
type JsonWithRaw = typeof JSON & { rawJSON(text: string): unknown };

function keepNegativeZero(_key: string, value: unknown): unknown {
  return Object.is(value, -0) ? (JSON as JsonWithRaw).rawJSON('-0') : value;
}
