import type { ComponentTypeName } from '../component/component-types.ts';
import type { Flavor, SettingsInputOf } from '../flavor/flavor.ts';
import type { JsonObject } from '../json.ts';
import type { SettingsBySelector } from './settings-layer.ts';

/** Some of the fields of settings, each with a value, or `null` to take back what weaker levels say. */
export type SettingsChange<Settings> = {
  readonly [Field in keyof Settings]?: SettingsFieldChange<Settings[Field]> | null;
};

// Lists are replaced as a whole, objects field by field.
type SettingsFieldChange<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? SettingsChange<Value>
    : Value;

/**
 * Settings for the component of a flavor, checked against its schema when they compile:
 * `step({ name: 'train', settings: settingsFor(localOrchestratorFlavor, { ... }) }, ...)`. Those for several components
 * are spread into one object. On a stack without the flavor they have no effect.
 *
 * @param component the name of one component, where the stack has several of the flavor
 */
export function settingsFor<AFlavor extends Flavor<ComponentTypeName>>(
  flavor: AFlavor,
  settings: SettingsChange<SettingsInputOf<AFlavor>>,
  component?: string,
): SettingsBySelector {
  const selector = component === undefined ? `${flavor.type}.${flavor.name}` : `${flavor.type}:${component}`;
  // A settings schema takes JSON values only, so its input is one.
  return { [selector]: settings as JsonObject };
}
