import { didYouMean, StackError } from '@stack/core';

declare const valueType: unique symbol;

/**
 * Stands for the output of a step while a pipeline is put together. It has no value yet: all it can do is to be given
 * to another step, or to be returned by the pipeline.
 */
export interface OutputHandle<out Value> {
  /** Known to the compiler alone. */
  readonly [valueType]: Value;
}

/** Which output a handle stands for. */
export interface OutputReference {
  readonly step: string;
  readonly output: string;
  /** The compilation that the handle belongs to. */
  readonly compilation: object;
}

const references = new WeakMap<object, OutputReference>();

export function createOutputHandle(pipeline: string, reference: OutputReference): OutputHandle<unknown> {
  const { step, output } = reference;
  const misuse = (use: string): never => {
    throw misuseError(`The output "${output}" of the step "${step}"`, pipeline, use);
  };
  // The target is what `console.log(handle)` shows.
  const handle = new Proxy(Object.freeze({ step, output }), {
    get: (_target, key) => misuse(describeUse(key)),
    has: (_target, key) => misuse(`its property ${String(key)} was looked for`),
    set: (_target, key) => misuse(`its property ${String(key)} was set`),
    defineProperty: (_target, key) => misuse(`its property ${String(key)} was set`),
    deleteProperty: (_target, key) => misuse(`its property ${String(key)} was deleted`),
    ownKeys: () => misuse('its properties were listed or spread'),
  });
  references.set(handle, reference);
  return handle as unknown as OutputHandle<unknown>;
}

/** The handles of a step with named outputs. A name that is none of them throws, as it does not compile. */
export function createNamedOutputs(
  pipeline: string,
  step: string,
  handles: Readonly<Record<string, OutputHandle<unknown>>>,
): Readonly<Record<string, OutputHandle<unknown>>> {
  return new Proxy(handles, {
    get: (target, key) => {
      if (typeof key === 'symbol' || Object.hasOwn(target, key)) return Reflect.get(target, key);
      const names = Object.keys(target);
      throw misuseError(
        `What the step "${step}" returns`,
        pipeline,
        describeUse(key),
        didYouMean(key, names) ?? `The step has the outputs ${names.join(', ')}.`,
      );
    },
  });
}

/** Which output a value stands for; `undefined` for one that is no handle. */
export function outputReference(value: unknown): OutputReference | undefined {
  return typeof value === 'object' && value !== null ? references.get(value) : undefined;
}

function describeUse(key: string | symbol): string {
  if (key === Symbol.toPrimitive) return 'it was used as text or as a number';
  if (key === Symbol.iterator) return 'it was spread or iterated over';
  if (key === 'toJSON') return 'it was turned into JSON';
  if (key === 'then') return 'it was awaited';
  return `its property ${String(key)} was read`;
}

function misuseError(what: string, pipeline: string, use: string, hint?: string): StackError {
  return new StackError({
    code: 'OUTPUT_HANDLE_MISUSED',
    message: `${what} has no value while the pipeline "${pipeline}" is put together, but ${use}.`,
    hint: hint ?? 'Give it to a step as an input, and use the value in the function of that step.',
  });
}
