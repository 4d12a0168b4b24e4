import type { JsonObject } from '../json.ts';

/**
 * Settings for components of a stack, by selector: `type`, `type.flavor` or `type:name`. A package whose flavor has settings
 * augments this interface, so that those by `type.flavor` are checked when they compile, wherever its types are known:
 *
 * ```ts
 * declare module '@stack/core' {
 *   interface SettingsBySelector {
 *     readonly 'orchestrator.cluster'?: SettingsChange<SettingsInputOf<typeof clusterFlavor>>;
 *   }
 * }
 * ```
 */
export interface SettingsBySelector {
  readonly [selector: string]: JsonObject | undefined;
}

/**
 * The levels at which settings are given, the weakest first: the component's own, those of `pipeline({ settings })`,
 * of a run config, of `step({ settings })`, of a step in a run config.
 */
export const settingsOrigins = ['component', 'pipeline', 'run-config', 'step', 'run-config-step'] as const;

export type SettingsOrigin = (typeof settingsOrigins)[number];

/** The settings of one level, as they were given. */
export interface SettingsLayer {
  readonly origin: Exclude<SettingsOrigin, 'component'>;
  readonly settings: Readonly<Record<string, JsonObject>>;
}
