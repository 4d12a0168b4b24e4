import { didYouMean, isPlainObject, type JsonObject, type Problem, type StoredInput } from '@stack/core';

/** A field that a stored component has. */
interface Attribute {
  readonly part: keyof StoredInput;
  readonly path: readonly string[];
}

/** Finds what `maxRetries`, `max-retries` or `clientOptions.retries` means in a stored component. */
export function findAttribute(stored: StoredInput, key: string): Attribute | undefined {
  for (const part of ['config', 'settings'] as const) {
    const path = findPath(stored[part], key.split('.'));
    if (path !== undefined) return { part, path };
  }
  return undefined;
}

/** What is stored, without a field of it. */
export function withoutAttribute(stored: StoredInput, { part, path }: Attribute): StoredInput {
  return { ...stored, [part]: withoutPath(stored[part], path) };
}

/** The problem that a component has no such field, with the names of those that are near. */
export function missingAttribute(stored: StoredInput, key: string): Problem {
  const known = [...attributeNames(stored.config), ...attributeNames(stored.settings)];
  return {
    path: key,
    code: 'ATTRIBUTE_NOT_FOUND',
    message: 'is not set',
    hint: didYouMean(key, known) ?? (known.length === 0 ? 'None is set.' : `There are: ${known.join(', ')}.`),
  };
}

function findPath(value: unknown, [segment, ...rest]: readonly string[]): string[] | undefined {
  if (segment === undefined) return [];
  if (!isPlainObject(value)) return undefined;
  const camelCase = segment.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const name = [segment, camelCase].find(
    (candidate) => value[candidate] !== undefined && Object.hasOwn(value, candidate),
  );
  if (name === undefined) return undefined;
  const below = findPath(value[name], rest);
  return below === undefined ? undefined : [name, ...below];
}

function withoutPath(value: JsonObject, [name, ...rest]: readonly string[]): JsonObject {
  const entries = Object.entries(value).flatMap(([key, item]): [string, typeof item][] => {
    if (key !== name) return [[key, item]];
    return rest.length === 0 ? [] : [[key, withoutPath(item as JsonObject, rest)]];
  });
  return Object.fromEntries(entries);
}

function attributeNames(value: JsonObject): string[] {
  return Object.entries(value).flatMap(([name, item]) =>
    isPlainObject(item) ? [name, ...attributeNames(item as JsonObject).map((below) => `${name}.${below}`)] : [name],
  );
}
