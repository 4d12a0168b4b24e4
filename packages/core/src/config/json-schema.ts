import { isPlainObject, isTooDeep } from '../json.ts';

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

/** Whether a value that was read is such a schema: a part that Stack reads, and that has another form, makes it none. */
export function isJsonSchema(value: unknown): value is JsonSchema {
  return !isTooDeep(value) && hasKnownForms(value);
}

function hasKnownForms(value: unknown): boolean {
  return isPlainObject(value) && Object.entries(value).every(([keyword, part]) => forms.get(keyword)?.(part) ?? true);
}

const isText = (part: unknown) => typeof part === 'string';
const isBoolean = (part: unknown) => typeof part === 'boolean';
const isSchemaOrBoolean = (part: unknown) => isBoolean(part) || hasKnownForms(part);
const isListOf = (isItem: (item: unknown) => boolean) => (part: unknown) => Array.isArray(part) && part.every(isItem);

const forms: ReadonlyMap<string, (part: unknown) => boolean> = new Map([
  ['type', (part: unknown) => isText(part) || isListOf(isText)(part)],
  ['properties', (part: unknown) => isPlainObject(part) && Object.values(part).every(hasKnownForms)],
  ['required', isListOf(isText)],
  ['additionalProperties', isSchemaOrBoolean],
  ['items', isSchemaOrBoolean],
  ['anyOf', isListOf(hasKnownForms)],
  ['oneOf', isListOf(hasKnownForms)],
  ['allOf', isListOf(hasKnownForms)],
  ['enum', Array.isArray],
  ['description', isText],
  ['secret', isBoolean],
]);

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
