import { isPlainObject } from '@stack/core';
import { isByteStream } from './byte-stream.ts';
import { isDirectoryArtifact } from './directory-artifact.ts';
import { isFileArtifact } from './file-artifact.ts';
import { isTypedArray } from './typed-arrays.ts';

/** A part of a value that JSON would change or lose. */
export interface JsonProblem {
  /** Where, as a dotted path; empty for the value itself. */
  readonly path: string;
  /** What is wrong, to stand after the path: `is NaN`. */
  readonly message: string;
}

const maximumProblems = 10;
/** Deeper than this, `JSON.stringify` may run out of stack. */
const maximumDepth = 1_000;

export interface JsonInspection {
  readonly problems: readonly JsonProblem[];
  /** Whether some number is `-0`, which JSON has, and `JSON.stringify` makes `0`. */
  readonly hasNegativeZero: boolean;
}

/**
 * Finds the parts of a value that would not come back from JSON as they are: `NaN`, `undefined` in a list, dates, maps,
 * instances of classes, functions, big integers, cycles, ... At most 10. Properties of objects that are `undefined`
 * are none: they are left out, and reading them gives `undefined` again.
 *
 * @param isLeaf says which parts are taken as they are
 */
export function inspectJson(value: unknown, isLeaf: (part: unknown) => boolean = () => false): JsonInspection {
  return inspect(value, describeProblem, isLeaf);
}

/**
 * Finds the parts of a value that are no data at all: instances of classes, functions, symbols, ... At most 10. Data is what
 * JSON has, and `undefined`, every number, BigInts, dates, regular expressions, URLs, maps, sets, array buffers and typed
 * arrays, in cycles too.
 */
export function inspectData(value: unknown): readonly JsonProblem[] {
  return inspect(value, describeDataProblem, () => false).problems;
}

/** @param describe says what is wrong with a part, apart from what is in it */
function inspect(
  value: unknown,
  describe: (part: unknown, ancestors: readonly object[]) => string | undefined,
  isLeaf: (part: unknown) => boolean,
): JsonInspection {
  const problems: JsonProblem[] = [];
  let hasNegativeZero = false;
  const ancestors: object[] = [];
  const path: (string | number)[] = [];

  const visitPart = (key: string | number, part: unknown) => {
    path.push(key);
    visit(part);
    path.pop();
    return problems.length < maximumProblems;
  };
  const visit = (part: unknown): void => {
    if (isLeaf(part)) return;
    const depth = ancestors.length;
    try {
      visitWithin(part);
    } catch (error) {
      // A getter threw, or a trap of a Proxy.
      ancestors.length = depth;
      const detail = error instanceof Error ? error.message : String(error);
      const field = unreadableField(part);
      const place = field === undefined ? path : [...path, field];
      problems.push({ path: place.join('.'), message: `cannot be read: ${detail}` });
    }
  };
  const visitWithin = (part: unknown): void => {
    const message = describe(part, ancestors);
    if (message !== undefined) problems.push({ path: path.join('.'), message });
    else if (Object.is(part, -0)) hasNegativeZero = true;
    else if (typeof part === 'object' && part !== null && !ancestors.includes(part)) {
      ancestors.push(part);
      if (part instanceof Map || part instanceof Set) {
        for (const [key, item] of part.entries()) {
          if (part instanceof Map && !visitPart('a key', key)) break;
          if (!visitPart(String(key), item)) break;
        }
      } else if (Array.isArray(part)) {
        for (let index = 0; index < part.length && visitPart(index, part[index]); index++);
      } else {
        for (const [key, field] of Object.entries(part)) {
          if (field !== undefined && !visitPart(key, field)) break;
        }
      }
      ancestors.pop();
    }
  };
  visit(value);
  return { problems, hasNegativeZero };
}

/** The problems as lines of a message. */
export function formatJsonProblems(problems: readonly JsonProblem[]): string {
  return problems.map(({ path, message }) => `  ${path === '' ? 'it' : path} ${message}`).join('\n');
}

function describeProblem(part: unknown, ancestors: readonly object[]): string | undefined {
  switch (typeof part) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(part) ? undefined : `is ${part}`;
    case 'bigint':
      return 'is a BigInt';
    case 'undefined':
      return 'is undefined';
    case 'function':
      return 'is a function';
    case 'symbol':
      return 'is a symbol';
    case 'object':
      return part === null ? undefined : describeObjectProblem(part, ancestors);
  }
}

const dataClasses = [Date, RegExp, URL, Map, Set, ArrayBuffer].map(({ prototype }): object => prototype);

function describeDataProblem(part: unknown, ancestors: readonly object[]): string | undefined {
  if (typeof part === 'number' || typeof part === 'bigint' || part === undefined) return undefined;
  if (typeof part !== 'object' || part === null) return describeProblem(part, ancestors);
  if (ancestors.includes(part) || dataClasses.includes(Object.getPrototypeOf(part)) || isTypedArray(part)) {
    return ancestors.length >= maximumDepth ? describeObjectProblem(part, ancestors) : undefined;
  }
  if (Object.hasOwn(part, '__proto__')) return 'has a key "__proto__"';
  return describeObjectProblem(part, ancestors);
}

function describeObjectProblem(part: object, ancestors: readonly object[]): string | undefined {
  if (ancestors.includes(part)) return 'contains itself';
  if (ancestors.length >= maximumDepth) return `lies more than ${maximumDepth} levels deep`;
  if (Array.isArray(part)) {
    return Object.keys(part).length > part.length ? 'is a list with properties of its own' : undefined;
  }
  if (isPlainObject(part)) {
    if (Object.getOwnPropertySymbols(part).length === 0) return undefined;
    if (isFileArtifact(part) || isDirectoryArtifact(part))
      return 'is a file or directory, which is an output of its own';
    return 'has a symbol as a key';
  }
  if (isByteStream(part)) return 'is a stream, which is an output of its own';
  return `is an instance of ${part.constructor?.name || 'a class'}`;
}

/** The first property of an object that throws when it is read. */
function unreadableField(part: unknown): string | undefined {
  try {
    return Object.keys(part as object).find((key) => {
      try {
        Reflect.get(part as object, key);
        return false;
      } catch {
        return true;
      }
    });
  } catch {
    return undefined;
  }
}
