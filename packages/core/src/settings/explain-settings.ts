import { configJsonSchema } from '../config/config-schema.ts';
import { type JsonSchema, schemaProperties, secretFieldPaths } from '../config/json-schema.ts';
import { isPlainObject, type JsonObject, type JsonValue } from '../json.ts';
import { parseSecretReference, secretMask } from '../secrets/index.ts';
import type { SettingsTarget } from './check-settings.ts';
import type { MergedSettings } from './merge-settings.ts';
import { type SettingsOrigin, settingsOrigins } from './settings-layer.ts';
import { selectorOf } from './settings-selector.ts';

/** A value that some level gives to a setting. */
export interface ExplainedSetting {
  /** The component, as `type:name`. */
  readonly component: string;
  /** Dotted path of the setting. */
  readonly setting: string;
  /** `null` where a level takes back what weaker ones say. A secret in clear is `[secret]`. */
  readonly value: JsonValue;
  readonly origin: SettingsOrigin | 'default';
  /** Whether it is the one that holds: no stronger level says otherwise. */
  readonly isInForce: boolean;
}

/** Every value that a level or the schema gives to the settings of a component, by setting, the strongest first. */
export function explainSettings(target: SettingsTarget, merged: MergedSettings): ExplainedSetting[] {
  const jsonSchema = configJsonSchema(target.settingsSchema);
  const secrets = secretFieldPaths(jsonSchema).map((path) => path.split('.'));
  const component = selectorOf(target);
  const given = merged.assignments.map(({ path, value, origin, isInForce }) => ({ path, value, origin, isInForce }));
  const defaults = defaultsOf(jsonSchema, merged.input);
  const strength = ({ origin }: { readonly origin: ExplainedSetting['origin'] }) =>
    origin === 'default' ? -1 : settingsOrigins.indexOf(origin);
  return [...given, ...defaults]
    .map(({ path, value, ...rest }) => ({
      component,
      setting: path.join('.'),
      value: hideSecrets(value, path, secrets),
      ...rest,
    }))
    .sort((a, b) => (a.setting < b.setting ? -1 : a.setting > b.setting ? 1 : strength(b) - strength(a)));
}

type OwnValue = Pick<ExplainedSetting, 'value' | 'origin' | 'isInForce'> & { readonly path: readonly string[] };

/** What the schema fills in, or would if no level said otherwise. */
function defaultsOf(schema: JsonSchema, input: JsonObject, path: readonly string[] = []): OwnValue[] {
  return [...schemaProperties(schema)].flatMap(([name, property]): OwnValue[] => {
    const below = [...path, name];
    const given = Object.hasOwn(input, name) ? input[name] : undefined;
    const value = property.default as JsonValue | undefined;
    const isInForce = given === undefined;
    const own: OwnValue[] = value === undefined ? [] : [{ path: below, value, origin: 'default', isInForce }];
    // Within an object, defaults are filled in once there is one.
    return [...own, ...(isPlainObject(given) ? defaultsOf(property, given as JsonObject, below) : [])];
  });
}

function hideSecrets(value: JsonValue, path: readonly string[], secrets: readonly (readonly string[])[]): JsonValue {
  const isSecret = secrets.some(
    (field) => field.length === path.length && field.every((one, index) => one === '*' || one === path[index]),
  );
  if (isSecret) return value === null || parseSecretReference(value) !== undefined ? value : secretMask;
  if (Array.isArray(value))
    return value.map((item: JsonValue, index) => hideSecrets(item, [...path, String(index)], secrets));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value as Record<string, JsonValue>);
  return Object.fromEntries(entries.map(([key, item]) => [key, hideSecrets(item, [...path, key], secrets)]));
}
