import type { JsonObject, Problem } from '@stack/core';
import { coerceOptions, type FlavorManifest, type Option, schemaProperties } from '@stack/core/manifest';

/** The options of a command line, sorted into the config and the settings of a flavor. */
export interface FlavorOptions {
  readonly config: JsonObject;
  readonly settings: JsonObject;
  readonly problems: readonly Problem[];
}

/** Reads options such as `--path=s3://bucket` as the fields of a flavor's config and settings. */
export function splitOptions(
  { configSchema, settingsSchema }: FlavorManifest,
  options: Iterable<Option>,
): FlavorOptions {
  const settingsFields = schemaProperties(settingsSchema);
  const both = { ...configSchema, properties: { ...configSchema.properties, ...settingsSchema.properties } };
  const { input, problems } = coerceOptions(both, options);
  const isSetting = ([field]: readonly [string, unknown]) => settingsFields.has(field);
  const entries = Object.entries(input);
  return {
    config: Object.fromEntries(entries.filter((entry) => !isSetting(entry))),
    settings: Object.fromEntries(entries.filter(isSetting)),
    problems,
  };
}
