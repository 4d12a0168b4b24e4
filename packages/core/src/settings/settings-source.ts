import type { ConfigSchema } from '../config/config-schema.ts';
import type { JsonObject } from '../json.ts';

/** What the settings of a component came from, so that a run can merge its own over them. */
export interface SettingsSource<Settings extends object = object> {
  /** As they were given: without defaults, references to secrets not resolved. */
  readonly input: JsonObject;
  readonly schema: ConfigSchema;
  /**
   * Resolves the secrets of an input and parses it, as `createComponent` did with the component's own.
   *
   * @throws SECRET_NOT_FOUND, CONFIG_INVALID
   */
  readonly parse: (input: JsonObject) => Promise<Settings>;
}
