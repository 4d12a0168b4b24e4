import type { JsonObject } from '../json.ts';

/** Settings for components of a stack, by selector: `type`, `type.flavor` or `type:name`. */
export type SettingsBySelector = Readonly<Record<string, JsonObject>>;

/**
 * The levels at which settings are given, the weakest first: the component's own, those of `pipeline({ settings })`,
 * of a run config, of `step({ settings })`, of a step in a run config.
 */
export const settingsOrigins = ['component', 'pipeline', 'run-config', 'step', 'run-config-step'] as const;

export type SettingsOrigin = (typeof settingsOrigins)[number];

/** The settings of one level, as they were given. */
export interface SettingsLayer {
  readonly origin: Exclude<SettingsOrigin, 'component'>;
  readonly settings: SettingsBySelector;
}
