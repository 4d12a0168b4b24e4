import { didYouMean, type Problem } from '../errors/index.ts';
import { isTooDeep, type JsonObject, type JsonValue, maximumDepth } from '../json.ts';
import { itemSchema, type JsonSchema, propertySchema, schemaProperties, schemaTypes } from './json-schema.ts';

/** One option of a command line, `--<name>=<text>`; `true` for a flag without a value. */
export type Option = readonly [name: string, text: string | true];

export interface CoercedOptions {
  readonly input: JsonObject;
  readonly problems: readonly Problem[];
}

/**
 * Turns the options of a command line into an input for a config.
 *
 * - `--client-options.retries=3` is the field `clientOptions.retries`.
 * - Numbers and booleans are read as such where the schema wants them; lists and objects as JSON. Where a string is
 *   allowed too, the text stays a string, unless it is the JSON of an allowed list or object.
 * - An option of a list may be repeated, once for each item.
 * - A secret reference is kept as it is, whatever the field's type.
 */
export function coerceOptions(schema: JsonSchema, options: Iterable<Option>): CoercedOptions {
  const input: Record<string, JsonValue | undefined> = {};
  const problems: Problem[] = [];
  for (const [name, text] of options) {
    const field = findField(schema, name);
    if ('problem' in field) {
      problems.push(field.problem);
      continue;
    }
    const result = coerceText(field.schema, text, field.path.join('.'));
    if ('problem' in result) problems.push(result.problem);
    else assign(input, field.path, result, field.schema, problems);
  }
  return { input, problems };
}

/** The option that sets a field: `clientOptions.retries` is `--client-options.retries`. */
export function optionName(path: string): string {
  return `--${path.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

interface Field {
  readonly path: readonly string[];
  readonly schema: JsonSchema;
}

function findField(schema: JsonSchema, name: string): Field | { readonly problem: Problem } {
  const path: string[] = [];
  let current = schema;
  for (const segment of name.split('.')) {
    const properties = schemaProperties(current);
    const camelCase = segment.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const key = [segment, camelCase].find((candidate) => properties.has(candidate));
    const next = propertySchema(current, key ?? segment);
    if (next === undefined) {
      const show = (property: string) => optionName([...path, property].join('.'));
      const known = [...properties.keys()];
      return {
        problem: {
          path: name,
          code: 'OPTION_UNKNOWN',
          message: `there is no option --${name}`,
          hint: didYouMean(camelCase, known, show) ?? describeKnown(known.map(show)),
        },
      };
    }
    path.push(key ?? segment);
    current = next;
  }
  return { path, schema: current };
}

function describeKnown(known: readonly string[]): string {
  return known.length === 0 ? 'It takes no options.' : `It takes ${known.join(', ')}.`;
}

function coerceText(
  schema: JsonSchema,
  text: string | true,
  path: string,
): { readonly value: JsonValue } | { readonly problem: Problem } {
  const types = schemaTypes(schema);
  if (text === true) {
    if (types.has('boolean')) return { value: true };
    return { problem: { path, message: `the option ${optionName(path)} needs a value` } };
  }
  if (text.startsWith('{{')) return { value: types.has('array') && !types.has('string') ? [text] : text };
  const wantsJson = types.has('object') || types.has('array') || types.size === 0;
  if (wantsJson && /^\s*[[{]/.test(text)) {
    try {
      const value = JSON.parse(text) as JsonValue;
      if (!isTooDeep(value)) return { value };
      return { problem: { path, message: `is nested more than ${maximumDepth} levels deep` } };
    } catch (error) {
      if (!types.has('string')) {
        // Node's message may quote the text, and so a secret in it.
        const [position = ''] = / at position \d+/.exec((error as Error).message) ?? [];
        return { problem: { path, message: `is not valid JSON${position}` } };
      }
    }
  }
  if (types.has('string')) return { value: text };
  if ((types.has('number') || types.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text))) {
    return { value: Number(text) };
  }
  if (types.has('boolean') && (text === 'true' || text === 'false')) return { value: text === 'true' };
  if (types.has('null') && text === 'null') return { value: null };
  const items = types.has('array') ? itemSchema(schema) : undefined;
  if (items !== undefined) {
    const item = coerceText(items, text, path);
    return 'problem' in item ? item : { value: [item.value] };
  }
  // Not of a type that the field takes: the schema says so, in its own words.
  return { value: text };
}

function assign(
  input: Record<string, JsonValue | undefined>,
  path: readonly string[],
  { value }: { readonly value: JsonValue },
  schema: JsonSchema,
  problems: Problem[],
): void {
  let target = input;
  for (const segment of path.slice(0, -1)) {
    const existing = Object.hasOwn(target, segment) ? target[segment] : undefined;
    const next = typeof existing === 'object' && existing !== null && !Array.isArray(existing) ? existing : {};
    define(target, segment, next as JsonValue);
    target = next as Record<string, JsonValue | undefined>;
  }
  const last = path.at(-1) ?? '';
  const existing = Object.hasOwn(target, last) ? target[last] : undefined;
  if (existing === undefined) define(target, last, value);
  else if (Array.isArray(existing) && Array.isArray(value)) define(target, last, [...existing, ...value]);
  else {
    const hint = schemaTypes(schema).has('array') ? 'Give the list once, as JSON.' : undefined;
    const name = optionName(path.join('.'));
    problems.push({
      path: path.join('.'),
      message: `the option ${name} is given twice`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Like an assignment, but a key such as `__proto__` is a key like any other. */
function define(target: Record<string, JsonValue | undefined>, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
