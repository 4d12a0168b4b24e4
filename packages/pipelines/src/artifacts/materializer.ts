import { checkName, type JsonObject, StackError } from '@stack/core';
import type { ByteStream } from './byte-stream.ts';
import type { DirectoryArtifact } from './directory-artifact.ts';
import type { FileArtifact } from './file-artifact.ts';
import type { StoredContent } from './stored-content.ts';
import type { Visualization } from './visualization.ts';

/** Turns the values of one kind into bytes, and back. Made by `defineMaterializer`. */
export interface Materializer<Value = unknown> {
  /** Recorded with each artifact, to find the materializer again. */
  readonly name: string;
  /** Recorded with each artifact, and a part of the cache key. */
  readonly version: number;
  readonly matches: (value: unknown) => boolean;
  serialize(value: Value, context: SerializeContext): SerializedValue | PromiseLike<SerializedValue>;
  deserialize(stored: StoredContent): Value | PromiseLike<Value>;
  schema?(value: Value): JsonObject;
  visualize?(value: Value): VisualizationList | PromiseLike<VisualizationList>;
}

/**
 * Bytes; text as UTF-8; a stream of either, which is never held in memory as a whole; or a file or directory of this machine,
 * as `fileArtifact` and `directoryArtifact` make it.
 */
export type SerializedValue = Uint8Array | string | ByteStream | FileArtifact | DirectoryArtifact;

type VisualizationList = readonly Visualization[];

/** What a materializer gets beside the value that it writes. */
export interface SerializeContext {
  /** A folder for what it writes to files. It is removed when the step has ended. */
  readonly temporaryFolder: string;
}

export interface MaterializerDefinition<Value> {
  /** Letters, digits, `.`, `_` and `-`. Do not change it: stored artifacts refer to it. */
  readonly name: string;
  /**
   * Raise it when the bytes mean something else: results that are cached are computed anew, and `deserialize` is told which
   * version wrote what it reads. A whole number from 1. Default 1.
   */
  readonly version?: number;
  /**
   * Whether it stores this value. The first materializer that says so is taken; those of a pipeline come first. Default: it
   * stores what a step names it for, `step({ output: { materializer: 'name' } })`, and nothing else.
   */
  readonly matches?: (value: unknown) => value is Value;
  readonly serialize: (value: Value, context: SerializeContext) => SerializedValue | PromiseLike<SerializedValue>;
  /** Gives back a value equal to the one that was serialized. Files that it uses are there until the step has ended. */
  readonly deserialize: (stored: StoredContent) => Value | PromiseLike<Value>;
  /** What the value consists of, such as columns and their types: recorded with the artifact. A schema of the step is stronger. */
  readonly schema?: (value: Value) => JsonObject;
  /** What to look at instead of the value: kept beside the artifact, for `stack artifact visualization`. */
  readonly visualize?: (value: Value) => VisualizationList | PromiseLike<VisualizationList>;
}

/**
 * Defines how values of one kind are stored. Give it to the pipelines that use it: `pipeline({ materializers: [...] })`.
 *
 * @throws ARGUMENT_INVALID for a name or version that cannot be, and for functions that are none
 */
export function defineMaterializer<Value>(definition: MaterializerDefinition<Value>): Materializer<Value> {
  const { name, version = 1, matches = () => false } = definition;
  checkName('materializer', name);
  const refuse = (problem: string) => {
    throw new StackError({ code: 'ARGUMENT_INVALID', message: `The materializer "${name}" has ${problem}.` });
  };
  if (!Number.isSafeInteger(version) || version < 1) refuse(`the version ${version}, which is no whole number from 1`);
  const { serialize, deserialize, schema, visualize } = definition;
  if (typeof serialize !== 'function' || typeof deserialize !== 'function') {
    refuse('no functions "serialize" and "deserialize"');
  }
  for (const [key, value] of Object.entries({ matches, schema, visualize })) {
    if (value !== undefined && typeof value !== 'function') refuse(`a "${key}" that is no function`);
  }
  return Object.freeze({ ...definition, version, matches });
}
