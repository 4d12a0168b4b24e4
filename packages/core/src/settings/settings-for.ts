import type { ComponentTypeName } from '../component/component-types.ts';
import type { Flavor, SettingsInputOf } from '../flavor/flavor.ts';
import type { JsonObject } from '../json.ts';
import type { SettingsBySelector } from './merge-settings.ts';

/**
 * Settings for the component of a flavor, checked against its schema when they compile:
 * `step({ name, settings: settingsFor(sagemakerOrchestratorFlavor, { instanceType: 'ml.m5.large' }) }, ...)`.
 *
 * @param component the name of one component, where the stack has several of the flavor
 */
export function settingsFor<AFlavor extends Flavor<ComponentTypeName>>(
  flavor: AFlavor,
  settings: SettingsInputOf<AFlavor>,
  component?: string,
): SettingsBySelector {
  const selector = component === undefined ? `${flavor.type}.${flavor.name}` : `${flavor.type}:${component}`;
  // A settings schema takes JSON values only, so its input is one.
  return { [selector]: settings as JsonObject };
}
