import { isPlainObject, type JsonObject, type JsonValue } from '../json.ts';
import type { SettingsOrigin } from './settings-layer.ts';

/** Settings for one component, from one level. */
export interface AppliedSettings {
  readonly origin: SettingsOrigin;
  /** As which they name the component. */
  readonly selector: string;
  readonly values: JsonObject;
}

/** One value of one level. A list is one value. */
export interface SettingsAssignment {
  readonly path: readonly string[];
  /** `null` takes back what weaker levels say. */
  readonly value: JsonValue;
  readonly origin: SettingsOrigin;
  /** As which the level names the component; `undefined` for the component's own settings. */
  readonly selector: string | undefined;
  /** Whether no stronger level says otherwise. */
  readonly isInForce: boolean;
}

/** The settings of one component, merged but not parsed. */
export interface MergedSettings {
  readonly input: JsonObject;
  /** Everything that any level said, the weakest level first. */
  readonly assignments: readonly SettingsAssignment[];
}

/**
 * Merges the settings of a component field by field. Objects merge, lists and all else replace, and `null` takes a
 * value back, so that the schema's default holds again.
 *
 * @param own the component's own settings, which are weaker than all others, and in which `null` is a value
 * @param applied the weakest first
 */
export function mergeSettings(own: JsonObject, applied: readonly AppliedSettings[]): MergedSettings {
  let input = own;
  let assignments = leavesOf(own).map((leaf): SettingsAssignment => {
    return { ...leaf, origin: 'component', selector: undefined, isInForce: true };
  });
  for (const { origin, selector, values } of applied) {
    const held = assignments.filter(({ isInForce }) => isInForce);
    const added = leavesOf(values)
      // An empty object changes nothing where there is an object already.
      .filter((leaf) => !isPlainObject(leaf.value) || !held.some(({ path }) => isBelow(path, leaf.path)))
      .map((leaf): SettingsAssignment => ({ ...leaf, origin, selector, isInForce: true }));
    const isOverridden = ({ path }: SettingsAssignment) => added.some((leaf) => pathsOverlap(leaf.path, path));
    assignments = [
      ...assignments.map((earlier) => (isOverridden(earlier) ? { ...earlier, isInForce: false } : earlier)),
      ...added,
    ];
    input = overlay(input, values);
  }
  return { input, assignments };
}

/** Whether one path leads to the other, or to something inside of it. */
export function pathsOverlap(one: readonly string[], other: readonly string[]): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.every((segment, index) => segment === long[index]);
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && pathsOverlap(path, above);
}

function overlay(below: JsonObject, values: JsonObject): JsonObject {
  // A map, since a key such as "__proto__" is a key like any other.
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? overlay(objectOr(merged.get(key)), value) : value);
  }
  return Object.fromEntries(merged);
}

/** The values that are no objects, and the objects that are empty. */
function leavesOf(
  values: JsonObject,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly value: JsonValue }[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const below = [...path, key];
    if (value === undefined) return [];
    return isObject(value) && Object.keys(value).length > 0 ? leavesOf(value, below) : [{ path: below, value }];
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return isPlainObject(value);
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}
