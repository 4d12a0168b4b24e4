import type { Readable } from 'node:stream';
import { didYouMean, type PlanInput, StackError } from '@stack/core';

declare const valueType: unique symbol;

/**
 * Stands for the output of a step while a pipeline is put together. It has no value yet: all it can do is to be given
 * to another step, or to be returned by the pipeline.
 */
export interface OutputHandle<out Value> {
  /** Known to the compiler alone. */
  readonly [valueType]: Value;
}

/** What a handle stands for: an output, or the item of the list that a step is mapped over. */
export interface HandleReference {
  readonly input: Extract<PlanInput, { readonly kind: 'output' | 'item' }>;
  /** The step that puts it out, or that is mapped. */
  readonly step: string;
  readonly pipeline: string;
  /** The compilation that the handle belongs to. */
  readonly compilation: object;
}

const references = new WeakMap<object, HandleReference>();
const calls = new WeakMap<object, HandleReference>();

export function createOutputHandle(reference: HandleReference): OutputHandle<unknown> {
  const { step, pipeline, input } = reference;
  const what =
    input.kind === 'item'
      ? `An item of the list that the step "${step}" is mapped over`
      : `The output "${input.output}" of the step "${step}"`;
  const misuse = (use: string): never => {
    throw misuseError(what, pipeline, use);
  };
  // The target is what `console.log(handle)` shows.
  const shown = input.kind === 'item' ? { itemOf: step } : { step, output: input.output };
  const handle = new Proxy(Object.freeze(shown), {
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
  const outputs = new Proxy(handles, {
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
  const [first] = Object.values(handles);
  const reference = handleReference(first);
  if (reference !== undefined) calls.set(outputs, reference);
  return outputs;
}

/**
 * The same output, for a step that runs without it too: its input is `undefined` where the step that puts it out was
 * skipped, because its condition did not hold. Without it, a step is skipped along with what it takes its inputs from.
 */
export function optional<Value>(handle: OutputHandle<Value>): OutputHandle<Value | undefined> {
  const reference = outputReference(handle, 'optional');
  const input = { ...reference.input, isOptional: true } as const;
  return createOutputHandle({ ...reference, input }) as OutputHandle<Value | undefined>;
}

/**
 * The stored bytes of the same output, for a step that takes them as a stream instead of having them in memory. Whatever
 * materializer wrote them, except for directories and what a mapped step puts out: text is a stream of its UTF-8.
 */
export function asStream<Value>(
  handle: OutputHandle<Value>,
): OutputHandle<undefined extends Value ? Readable | undefined : Readable> {
  const reference = outputReference(handle, 'asStream');
  const input = { ...reference.input, isStream: true } as const;
  return createOutputHandle({ ...reference, input }) as OutputHandle<Readable>;
}

function outputReference(handle: OutputHandle<unknown>, caller: string) {
  const reference = handleReference(handle);
  if (reference?.input.kind === 'output') return { ...reference, input: reference.input };
  throw new StackError({ code: 'ARGUMENT_INVALID', message: `${caller}() takes the output of a step.` });
}

/** What a value stands for; `undefined` for one that is no handle. */
export function handleReference(value: unknown): HandleReference | undefined {
  return typeof value === 'object' && value !== null ? references.get(value) : undefined;
}

/** The call of a step that a value comes from: a handle, or an object of named outputs. */
export function callReference(value: unknown): HandleReference | undefined {
  return handleReference(value) ?? (typeof value === 'object' && value !== null ? calls.get(value) : undefined);
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
