import {
  type AnyFlavor,
  type ConfigSchema,
  checkConfig,
  configJsonSchema,
  type JsonObject,
  type Problem,
  parseSecretReference,
  type StoredInput,
} from '@stack/core';
import { optionName, secretFieldPaths } from '@stack/core/manifest';

/** Everything that keeps a flavor from storing this config and these settings. */
export function inputProblems(flavor: AnyFlavor, { config, settings }: StoredInput): readonly Problem[] {
  const parts: [ConfigSchema, JsonObject][] = [
    [flavor.configSchema, config],
    [flavor.settingsSchema, settings],
  ];
  return parts.flatMap(([schema, input]) => [...checkConfig(schema, input), ...secretsInClear(schema, input)]);
}

/** The store keeps references alone: what it keeps is in backups, and on the screens of a team. */
function secretsInClear(schema: ConfigSchema, input: JsonObject): Problem[] {
  const paths = secretFieldPaths(configJsonSchema(schema));
  return paths
    .filter((path) => valuesAt(input, path.split('.')).some((value) => parseSecretReference(value) === undefined))
    .map((path) => ({
      path,
      message: 'is a secret, and is not stored in clear',
      hint: `Set the environment variable STACK_SECRET_<NAME>__<KEY>, and give ${optionName(path)}='{{name.key}}'`,
    }));
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [segment, ...rest] = path;
  if (segment === undefined) return value === undefined ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  const below = segment === '*' ? Object.values(value) : [(value as Record<string, unknown>)[segment]];
  return below.flatMap((item) => valuesAt(item, rest));
}
