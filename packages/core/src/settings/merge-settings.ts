import type { Problem } from '../errors/index.ts';
import { isPlainObject, type JsonObject, type JsonValue } from '../json.ts';
import { type SelectableComponent, selectComponent } from './settings-selector.ts';

/** Settings for components of a stack, by selector: `type`, `type.flavor` or `type:name`. */
export type SettingsBySelector = Readonly<Record<string, JsonObject>>;

/** One place that settings come from. */
export interface SettingsLayer {
  /** For people, e.g. `pipeline` or `run config, step "train"`. */
  readonly origin: string;
  readonly settings: SettingsBySelector;
}

/** The settings of one component, merged but not parsed, and where each value came from. */
export interface MergedSettings {
  readonly input: JsonObject;
  /** The origin of each value, by dotted path; a list is one value. */
  readonly origins: Readonly<Record<string, string>>;
}

/** A component with the settings that it was registered or made with. */
export interface ConfigurableComponent extends SelectableComponent {
  readonly settings: JsonObject;
}

/**
 * Merges settings field by field. Objects merge, lists and all else replace, and `null` takes a value back, so that
 * the schema's default holds again.
 *
 * @param layers the weakest first; the component's own settings are weaker than all of them
 * @returns the settings of each component, and a problem for each selector that fits none, or one that another
 * selector of the same layer fits too
 */
export function mergeSettings<Component extends ConfigurableComponent>(
  components: readonly Component[],
  layers: readonly SettingsLayer[],
): { readonly settings: ReadonlyMap<Component, MergedSettings>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const settings = new Map(
    components.map((component) => [component, overlay(undefined, component.settings, 'component')] as const),
  );
  for (const layer of layers) {
    const selectorOf = new Map<Component, string>();
    for (const [selector, values] of Object.entries(layer.settings)) {
      const selected = selectComponent(components, selector);
      if ('message' in selected) {
        problems.push({ ...selected, message: `${layer.origin}: ${selected.message}` });
        continue;
      }
      const earlier = selectorOf.get(selected);
      if (earlier !== undefined) {
        problems.push({
          path: selector,
          message: `${layer.origin}: "${selector}" and "${earlier}" are the settings of one component`,
        });
        continue;
      }
      selectorOf.set(selected, selector);
      settings.set(selected, overlay(settings.get(selected), values, layer.origin));
    }
  }
  return { settings, problems };
}

function overlay(below: MergedSettings | undefined, values: JsonObject, origin: string): MergedSettings {
  const origins: Record<string, string> = { ...below?.origins };
  const merge = (target: JsonObject, source: JsonObject, path: readonly string[]): JsonObject => {
    const merged = new Map(Object.entries(target));
    for (const [key, value] of Object.entries(source)) {
      const keyPath = [...path, key];
      const existing = merged.get(key);
      if (value === undefined) continue;
      if (isPlainObject(value)) {
        if (!isPlainObject(existing)) forget(origins, keyPath);
        merged.set(key, merge(isPlainObject(existing) ? (existing as JsonObject) : {}, value as JsonObject, keyPath));
        continue;
      }
      forget(origins, keyPath);
      if (value === null) merged.delete(key);
      else {
        merged.set(key, value);
        origins[keyPath.join('.')] = origin;
      }
    }
    return Object.fromEntries(merged) as Record<string, JsonValue>;
  };
  return { input: merge(below?.input ?? {}, values, []), origins };
}

function forget(origins: Record<string, string>, path: readonly string[]): void {
  const name = path.join('.');
  for (const known of Object.keys(origins)) {
    if (known === name || known.startsWith(`${name}.`)) delete origins[known];
  }
}
