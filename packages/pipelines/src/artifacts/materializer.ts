import type { Readable } from 'node:stream';
import { checkName } from '@stack/core';

/** Turns the values of one kind into bytes, and back. Made by `defineMaterializer`. */
export interface Materializer<Value = unknown> {
  /** Recorded with each artifact, to find the materializer again. */
  readonly name: string;
  readonly matches: (value: unknown) => boolean;
  serialize(value: Value): SerializedValue | PromiseLike<SerializedValue>;
  deserialize(bytes: Uint8Array): Value | PromiseLike<Value>;
}

/** Bytes, text as UTF-8, or a stream of bytes, which is staged on disk and never held in memory as a whole. */
export type SerializedValue = Uint8Array | string | Readable;

export interface MaterializerDefinition<Value> {
  /** Letters, digits, `.`, `_` and `-`. Do not change it, nor what its bytes mean: stored artifacts refer to it. */
  readonly name: string;
  /** Whether it stores this value. The first materializer that says so is taken; those of a pipeline come first. */
  readonly matches: (value: unknown) => value is Value;
  readonly serialize: (value: Value) => SerializedValue | PromiseLike<SerializedValue>;
  /** Gives back a value equal to the one that was serialized. */
  readonly deserialize: (bytes: Uint8Array) => Value | PromiseLike<Value>;
}

/**
 * Defines how values of one kind are stored. Give it to the pipelines that use it: `pipeline({ materializers: [...] })`.
 *
 * @throws ARGUMENT_INVALID for a name that cannot be
 */
export function defineMaterializer<Value>(definition: MaterializerDefinition<Value>): Materializer<Value> {
  checkName('materializer', definition.name);
  return Object.freeze({ ...definition });
}
