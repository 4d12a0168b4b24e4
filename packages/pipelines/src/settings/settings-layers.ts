import type { JsonObject, SettingsBySelector, SettingsLayer } from '@stack/core';

/** The levels that say something of settings, as a plan has them. */
export function settingsLayers(
  ...levels: readonly (readonly [SettingsLayer['origin'], SettingsBySelector | undefined])[]
): { readonly settings?: readonly SettingsLayer[] } {
  const layers = levels.flatMap(([origin, settings = {}]): SettingsLayer[] => {
    const given = Object.entries(settings).filter((entry): entry is [string, JsonObject] => entry[1] !== undefined);
    return given.length === 0 ? [] : [{ origin, settings: Object.fromEntries(given) }];
  });
  return layers.length === 0 ? {} : { settings: layers };
}
