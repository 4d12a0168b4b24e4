import type { SettingsBySelector, SettingsLayer } from '@stack/core';

/** The levels that say something of settings, as a plan has them. */
export function settingsLayers(
  ...levels: readonly (readonly [SettingsLayer['origin'], SettingsBySelector | undefined])[]
): { readonly settings?: readonly SettingsLayer[] } {
  const layers = levels.flatMap(([origin, settings = {}]): SettingsLayer[] =>
    Object.keys(settings).length === 0 ? [] : [{ origin, settings }],
  );
  return layers.length === 0 ? {} : { settings: layers };
}
