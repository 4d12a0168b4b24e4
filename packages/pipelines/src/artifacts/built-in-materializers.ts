import { StackError } from '@stack/core';
import { parse, stringify } from 'devalue';
import { type ByteStream, isByteStream } from './byte-stream.ts';
import { isDirectoryArtifact } from './directory-artifact.ts';
import { isFileArtifact } from './file-artifact.ts';
import { formatJsonProblems, inspectData, inspectJson, type JsonInspection } from './json-data.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';
import type { StoredContent } from './stored-content.ts';
import { arrayOf, bytesOf, isTypedArray, type NumberArray, numberArrays } from './typed-arrays.ts';
import type { Visualization } from './visualization.ts';

const text = defineMaterializer({
  name: 'text',
  // Half of a surrogate pair has no form in UTF-8. JSON escapes it.
  matches: (value): value is string => typeof value === 'string' && value.isWellFormed(),
  serialize: (value) => value,
  deserialize: readText,
});

const buffer = defineMaterializer({
  name: 'buffer',
  matches: (value) => Buffer.isBuffer(value),
  serialize: (value) => value,
  deserialize: (stored) => stored.bytes(),
});

/** A stream is loaded as the bytes that it gave. */
const bytes = defineMaterializer<Uint8Array | ByteStream>({
  name: 'bytes',
  matches: (value) => value instanceof Uint8Array || isByteStream(value),
  serialize: (value) => value,
  deserialize: async (stored) => new Uint8Array(await stored.bytes()),
});

const file = defineMaterializer({
  name: 'file',
  matches: isFileArtifact,
  serialize: (value) => value,
  deserialize: (stored) => stored.file(),
});

export const directoryMaterializer = defineMaterializer({
  name: 'directory',
  matches: isDirectoryArtifact,
  serialize: (value) => value,
  deserialize: (stored) => stored.directory(),
});

const typedArrays = [...numberArrays.keys()].map((name) =>
  defineMaterializer({
    name: name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '-').toLowerCase(),
    matches: (value): value is NumberArray =>
      typeof value === 'object' && value !== null && isTypedArray(value) && value.constructor.name === name,
    serialize: bytesOf,
    deserialize: async (stored) => arrayOf(name, await stored.bytes()) as NumberArray,
  }),
);

/** Text that is shown as what it is. */
const documents = (['html', 'markdown', 'csv'] as const).map((type) =>
  defineMaterializer({
    name: type,
    serialize: (value: string) => {
      if (typeof value === 'string' && value.isWellFormed()) return value;
      throw new StackError({ code: 'VALUE_NOT_SERIALIZABLE', message: 'It stores text alone, and this is none.' });
    },
    deserialize: readText,
    visualize: (content): readonly Visualization[] => [{ name: type, type, content }],
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
    const { hasNegativeZero, problems } = known ?? inspectJson(value);
    // A step that names this materializer is not asked whether it matches.
    if (problems.length > 0) throw dataError('as JSON', problems);
    return JSON.stringify(value, hasNegativeZero ? keepNegativeZero : undefined);
  },
  deserialize: async (stored) => JSON.parse((await stored.bytes()).toString('utf8')),
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
    if (problems.length > 0) throw dataError('as data', problems);
    return stringify(value, { TypedArray: writeTypedArray });
  },
  deserialize: async (stored) =>
    parse((await stored.bytes()).toString('utf8'), { TypedArray: readTypedArray }) as unknown,
});

function dataError(how: string, problems: JsonInspection['problems']): StackError {
  return new StackError({
    code: 'VALUE_NOT_SERIALIZABLE',
    message: `The value cannot be stored ${how}, which would change or lose parts of it:\n${formatJsonProblems(problems)}`,
    hint: 'Return data, text or bytes, or give the pipeline a materializer for such values: defineMaterializer().',
    problems,
  });
}

async function readText(stored: StoredContent): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await stored.bytes());
}

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
 * The materializers that every pipeline has: `text`, `buffer`, `bytes` (Uint8Array, and streams), those of the other typed
 * arrays such as `float64-array`, `file`, `directory`, `json` for plain data and, for all else, `data`; and for text that a
 * step names them for, `html`, `markdown` and `csv`.
 */
export const builtInMaterializers: readonly Materializer[] = Object.freeze([
  text,
  buffer,
  bytes,
  ...typedArrays,
  file,
  directoryMaterializer,
  ...documents,
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
