import { isPlainObject, isTooDeep, maximumDepth } from '../json.ts';

/** The part of a JSON Schema (draft 2020-12) that Stack reads. It is what a manifest carries for a config. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  /** Set by `secretField()`. */
  readonly secret?: boolean;
  readonly [keyword: string]: unknown;
}

/**
 * Whether a value that was read is such a schema: a part that Stack reads and that has another form, or that is nested
 * too deep, makes it none. Every list of flavors asks this of all their schemas, so it is one walk without copies.
 */
export function isJsonSchema(value: unknown, depth = 0): value is JsonSchema {
  if (!isPlainObject(value) || depth >= maximumDepth) return false;
  for (const keyword in value) {
    if (!hasForm(keyword, value[keyword], depth + 1)) return false;
  }
  return true;
}

function hasForm(keyword: string, part: unknown, depth: number): boolean {
  switch (keyword) {
    case 'description':
      return typeof part === 'string';
    case 'type':
      return typeof part === 'string' || isTexts(part);
    case 'properties':
      if (!isPlainObject(part)) return false;
      for (const name in part) {
        if (!isJsonSchema(part[name], depth + 1)) return false;
      }
      return true;
    case 'required':
      return isTexts(part);
    case 'additionalProperties':
    case 'items':
      return typeof part === 'boolean' || isJsonSchema(part, depth);
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(part) && part.every((alternative) => isJsonSchema(alternative, depth + 1));
    case 'enum':
      return Array.isArray(part) && !isTooDeep(part, depth);
    case 'secret':
      return typeof part === 'boolean';
    default:
      return typeof part !== 'object' || !isTooDeep(part, depth);
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** The schema and, below it, the alternatives of its unions. */
function schemaAlternatives(schema: JsonSchema): JsonSchema[] {
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...nested.flatMap(schemaAlternatives)];
}

/** The JSON types that a value of this schema may have: `string`, `integer`, `object`, ... */
export function schemaTypes(schema: JsonSchema): Set<string> {
  const types = new Set<string>();
  for (const { type, enum: values = [], const: constant } of schemaAlternatives(schema)) {
    for (const name of typeof type === 'string' ? [type] : (type ?? [])) types.add(name);
    for (const value of constant === undefined ? values : [constant, ...values]) {
      types.add(value === null ? 'null' : typeof value);
    }
  }
  return types;
}

/** The properties that the objects of this schema may have, by name. */
export function schemaProperties(schema: JsonSchema): Map<string, JsonSchema> {
  return new Map(schemaAlternatives(schema).flatMap(({ properties = {} }) => Object.entries(properties)));
}

/** The schema of the value at a path, where the schema says one. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | undefined {
  let current: JsonSchema | undefined = schema;
  for (const segment of path) {
    if (current === undefined) return undefined;
    current = typeof segment === 'number' ? itemSchema(current) : propertySchema(current, String(segment));
  }
  return current;
}

/** The dotted paths of all fields that `secretField()` made; items of a list as `*`. */
export function secretFieldPaths(schema: JsonSchema, path: readonly string[] = []): string[] {
  const alternatives = schemaAlternatives(schema);
  if (alternatives.some(({ secret }) => secret === true)) return [path.join('.')];
  const paths = alternatives.flatMap((alternative) => {
    const properties = Object.entries(alternative.properties ?? {});
    const below = properties.flatMap(([name, property]) => secretFieldPaths(property, [...path, name]));
    const others = [alternative.items, alternative.additionalProperties].filter((value) => typeof value === 'object');
    return [...below, ...others.flatMap((value) => secretFieldPaths(value, [...path, '*']))];
  });
  return [...new Set(paths)];
}

/** The schema of a property, also of one that only `additionalProperties` allows; `undefined` for one that none does. */
export function propertySchema(schema: JsonSchema, name: string): JsonSchema | undefined {
  const named = schemaProperties(schema).get(name);
  if (named !== undefined) return named;
  const open = schemaAlternatives(schema).map(({ additionalProperties }) => additionalProperties);
  return open.find((value) => typeof value === 'object') ?? (open.includes(true) ? {} : undefined);
}

/** The schema of the items of a list, where the schema says one. */
export function itemSchema(schema: JsonSchema): JsonSchema | undefined {
  const items = schemaAlternatives(schema).map((alternative) => alternative.items);
  return items.find((value) => typeof value === 'object');
}
