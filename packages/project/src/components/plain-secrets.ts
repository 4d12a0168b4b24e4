import {
  type AnyFlavor,
  configJsonSchema,
  type JsonObject,
  type JsonValue,
  parseSecretReference,
  type StoredInput,
} from '@stack/core';
import { type JsonSchema, secretFieldPaths } from '@stack/core/manifest';

/** A text that stands in a secret field, where a reference belongs. */
export interface PlainSecret {
  readonly part: keyof StoredInput;
  readonly path: readonly string[];
  readonly value: string;
}

/** What tells the secret fields of components: the schemas of a flavor, as its manifest has them. */
interface InputSchemas {
  readonly configSchema: JsonSchema;
  readonly settingsSchema: JsonSchema;
}

export function inputSchemas({ configSchema, settingsSchema }: AnyFlavor): InputSchemas {
  return { configSchema: configJsonSchema(configSchema), settingsSchema: configJsonSchema(settingsSchema) };
}

export function findPlainSecrets({ configSchema, settingsSchema }: InputSchemas, input: StoredInput): PlainSecret[] {
  return [
    ...plainTexts('config', configSchema, input.config),
    ...plainTexts('settings', settingsSchema, input.settings),
  ];
}

function plainTexts(part: keyof StoredInput, schema: JsonSchema, input: JsonObject): PlainSecret[] {
  return secretFieldPaths(schema)
    .flatMap((pattern) => textsAt(input, pattern.split('.')))
    .filter(({ value }) => parseSecretReference(value) === undefined)
    .map((text) => ({ part, ...text }));
}

function textsAt(
  value: JsonValue | undefined,
  [segment, ...rest]: readonly string[],
  path: readonly string[] = [],
): Pick<PlainSecret, 'path' | 'value'>[] {
  if (segment === undefined) return typeof value === 'string' ? [{ path, value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).filter(([key]) => segment === '*' || key === segment);
  return below.flatMap(([key, item]) => textsAt(item, rest, [...path, key]));
}

/** The text at a path of an input; `undefined` where there is none. */
export function textAt(input: StoredInput, { part, path }: Pick<PlainSecret, 'part' | 'path'>): string | undefined {
  return textsAt(input[part], path)[0]?.value;
}

/** The input with other texts at some paths. */
export function withTexts(
  input: StoredInput,
  texts: readonly (Pick<PlainSecret, 'part' | 'path'> & { readonly text: string })[],
): StoredInput {
  const changed = { config: input.config, settings: input.settings };
  for (const { part, path, text } of texts) changed[part] = withText(changed[part], path, text) as JsonObject;
  return changed;
}

function withText(value: JsonValue, [segment, ...rest]: readonly string[], text: string): JsonValue {
  if (segment === undefined) return text;
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === segment ? withText(item, rest, text) : item));
  }
  const entries = Object.entries(value as JsonObject).map(([key, item]): [string, JsonValue | undefined] => [
    key,
    key === segment && item !== undefined ? withText(item, rest, text) : item,
  ]);
  return Object.fromEntries(entries);
}
