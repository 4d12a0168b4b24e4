/** A value that survives JSON unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Whether a value is a plain object: made by a literal, `JSON.parse` or `Object.create(null)`. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** How many lists and objects may be in one another in an input: more than any real one has, and no danger to the stack. */
export const maximumDepth = 64;

/** Whether a value is nested deeper than `maximumDepth`. One that contains itself is. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (!Array.isArray(value) && !isPlainObject(value)) return false;
  return depth >= maximumDepth || Object.values(value).some((item) => isTooDeep(item, depth + 1));
}
