import { StackError } from '@stack/core';
import { parse, stringify } from 'devalue';
import { formatJsonProblems, inspectData, inspectJson, type JsonInspection } from './json-data.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';
import { arrayOf, bytesOf, isTypedArray, type NumberArray, numberArrays } from './typed-arrays.ts';

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

const typedArrays = [...numberArrays.keys()].map((name) =>
  defineMaterializer({
    name: name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '-').toLowerCase(),
    matches: (value): value is NumberArray =>
      typeof value === 'object' && value !== null && isTypedArray(value) && value.constructor.name === name,
    serialize: bytesOf,
    deserialize: (stored) => arrayOf(name, stored) as NumberArray,
  }),
);

/** What `matches` found of a value, for `serialize`, which is called next: a walk through all of it takes longest of all. */
const inspections = new WeakMap<object, JsonInspection>();

/** Takes plain data alone, and so that other programs can read it. */
export const jsonMaterializer: Materializer = defineMaterializer({
  name: 'json',
  matches: (value): value is unknown => {
    const inspection = inspectJson(value);
    if (typeof value === 'object' && value !== null) inspections.set(value, inspection);
    return inspection.problems.length === 0;
  },
  serialize: (value) => {
    const known = typeof value === 'object' && value !== null ? inspections.get(value) : undefined;
    if (known !== undefined) inspections.delete(value as object);
    const { hasNegativeZero } = known ?? inspectJson(value);
    return JSON.stringify(value, hasNegativeZero ? keepNegativeZero : undefined);
  },
  deserialize: (stored) => JSON.parse(Buffer.from(stored).toString('utf8')),
});

/**
 * Takes every value, and says what it cannot store. `devalue` writes the data that JSON has no form for, since it keeps
 * cycles, runs nothing when it reads, and is what SvelteKit and Nuxt send their data by.
 */
export const dataMaterializer: Materializer = defineMaterializer({
  name: 'data',
  matches: (_value): _value is unknown => true,
  serialize: (value) => {
    const problems = inspectData(value);
    if (problems.length > 0) {
      throw new StackError({
        code: 'VALUE_NOT_SERIALIZABLE',
        message: `The value cannot be stored as data, which would change or lose parts of it:\n${formatJsonProblems(problems)}`,
        hint: 'Return data, text or bytes, or give the pipeline a materializer for such values: defineMaterializer().',
        problems,
      });
    }
    return stringify(value, { TypedArray: writeTypedArray });
  },
  deserialize: (stored) => parse(Buffer.from(stored).toString('utf8'), { TypedArray: readTypedArray }),
});

/** Its bytes alone: as it stands, all of the buffer that it lies in would be stored, which others share. */
function writeTypedArray(value: unknown): readonly [name: string, base64: string] | false {
  if (typeof value !== 'object' || value === null || !isTypedArray(value)) return false;
  return [value.constructor.name, Buffer.from(bytesOf(value)).toString('base64')];
}

function readTypedArray([name, base64]: readonly [string, string]): NumberArray | Uint8Array {
  const array = arrayOf(name, Buffer.from(base64, 'base64'));
  if (array !== undefined) return array;
  throw new StackError({ code: 'INTEGRITY', message: `There is no typed array "${name}".` });
}

/**
 * The materializers that every pipeline has: `text`, `buffer`, `bytes` (Uint8Array), those of the other typed arrays such as
 * `float64-array`, `json` for plain data and, for all else, `data`.
 */
export const builtInMaterializers: readonly Materializer[] = Object.freeze([
  text,
  buffer,
  bytes,
  ...typedArrays,
  jsonMaterializer,
  dataMaterializer,
] as Materializer[]);

/** What the artifact of a mapped step is recorded with: references to the artifacts of its items. No value is given to it. */
export const itemListMaterializer = 'item-list';

/** What Node has, and the compiler's libraries do not know yet. */
type JsonWithRaw = typeof JSON & { rawJSON(text: string): unknown };

function keepNegativeZero(_key: string, value: unknown): unknown {
  return Object.is(value, -0) ? (JSON as JsonWithRaw).rawJSON('-0') : value;
}
