import { isPlainObject, type JsonObject, type JsonValue, type Problem, type StoredInput } from '@stack/core';
import { coerceOptions, type FlavorManifest, type Option, schemaProperties } from '@stack/core/manifest';
import { findAttribute, missingAttribute, withoutAttribute } from './attribute.ts';

/** What is to be different in the config and the settings of a component. */
export interface InputEdits {
  /** Fields of the config: each replaces the stored one, as a whole. */
  readonly config?: JsonObject | undefined;
  /** The same for the settings. */
  readonly settings?: JsonObject | undefined;
  /** Fields of both, which the flavor's schemas tell apart, e.g. from a file. */
  readonly fields?: JsonObject | undefined;
  /**
   * Fields as on a command line, read by the flavor's schemas: `['max-retries', '3']`. They beat all others, and
   * `['client-options.retries', '3']` leaves the rest of `clientOptions` as it is.
   */
  readonly options?: readonly Option[] | undefined;
}

/** Edits a stored input. What comes out is to be checked by the flavor's schemas, except for the problems. Pure. */
export function editInput(
  { configSchema, settingsSchema }: Pick<FlavorManifest, 'configSchema' | 'settingsSchema'>,
  stored: StoredInput,
  { config, settings, fields = {}, options = [] }: InputEdits,
  removed: readonly string[] = [],
): StoredInput & { readonly problems: readonly Problem[] } {
  let kept = stored;
  const problems: Problem[] = [];
  for (const key of removed) {
    const attribute = findAttribute(kept, key);
    if (attribute === undefined) problems.push(missingAttribute(stored, key));
    else kept = withoutAttribute(kept, attribute);
  }
  const both = { ...configSchema, properties: { ...configSchema.properties, ...settingsSchema.properties } };
  const given = coerceOptions(both, options);
  const settingsFields = schemaProperties(settingsSchema);
  const partOf = (flat: JsonObject, isSettings: boolean): JsonObject =>
    Object.fromEntries(Object.entries(flat).filter(([field]) => settingsFields.has(field) === isSettings));
  const edit = (part: JsonObject, replaced: JsonObject | undefined, isSettings: boolean): JsonObject =>
    mergeOptions({ ...part, ...replaced, ...partOf(fields, isSettings) }, partOf(given.input, isSettings), options);
  return {
    config: edit(kept.config, config, false),
    settings: edit(kept.settings, settings, true),
    problems: [...problems, ...given.problems],
  };
}

/** A field that dotted options alone gave is merged as deep as they reach; any other is replaced. */
function mergeOptions(input: JsonObject, given: JsonObject, options: readonly Option[]): JsonObject {
  const merged = Object.entries(given).map(([field, value]): [string, JsonValue | undefined] => {
    const depths = options
      .map(([name]) => name.split('.'))
      .filter(([first = '']) => first.replaceAll('-', '').toLowerCase() === field.replaceAll('-', '').toLowerCase())
      .map((segments) => segments.length - 1);
    const depth = depths.includes(0) ? 0 : Math.max(0, ...depths);
    return [field, mergeValue(Object.hasOwn(input, field) ? input[field] : undefined, value, depth)];
  });
  return { ...input, ...Object.fromEntries(merged) };
}

function mergeValue(stored: JsonValue | undefined, given: JsonValue | undefined, depth: number): JsonValue | undefined {
  if (depth === 0 || !isPlainObject(stored) || !isPlainObject(given)) return given;
  const entries = Object.entries(given as JsonObject).map(([key, value]): [string, JsonValue | undefined] => [
    key,
    mergeValue(Object.hasOwn(stored, key) ? (stored as JsonObject)[key] : undefined, value, depth - 1),
  ]);
  return { ...(stored as JsonObject), ...Object.fromEntries(entries) };
}
