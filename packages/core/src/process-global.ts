/**
 * A value shared by every copy of this package in the process: a bundled command and an application may each bring
 * one, and must see one registry and one set of secrets.
 */
export function processGlobal<Value>(name: string, create: () => Value): Value {
  const key = Symbol.for(`@stack/core/${name}`);
  const holder = globalThis as unknown as Record<symbol, Value | undefined>;
  holder[key] ??= create();
  return holder[key];
}
