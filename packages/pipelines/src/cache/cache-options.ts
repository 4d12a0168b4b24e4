import { isPlainObject, type JsonValue, StackError } from '@stack/core';
import type { StepContext } from '../step/step-context.ts';

/** When the result of an earlier run may be taken instead of running a step again. */
export interface CacheOptions<Input = object> {
  /** Milliseconds after which a result is computed anew. Default: never. */
  readonly expiresAfter?: number;
  /** Names of environment variables that the step reads, so that their values count. Default: none. */
  readonly environment?: readonly string[];
  /**
   * What counts instead of the inputs and parameters: JSON. The code and the environment count all the same. Its input needs a
   * type where the step's function takes a context without one.
   */
  key?(input: Input, context: CacheKeyContext): JsonValue | Promise<JsonValue>;
  /**
   * Whether all bytes of an earlier result are read before it is taken. Default `false`: those of artifacts up to 1 MiB, and of
   * larger ones the size, and the SHA-256 where the store knows it without reading.
   */
  readonly verify?: boolean;
}

/** What a function that makes a cache key is told beside the inputs. */
export type CacheKeyContext = Pick<StepContext, 'parameters' | 'runId' | 'stack' | 'step'>;

/** The options as the engine reads them; `undefined` for a step that is run each time. */
export type StepCacheOptions = CacheOptions | undefined;

/** @throws ARGUMENT_INVALID */
export function readCacheOptions(step: string, cache: boolean | CacheOptions = true): StepCacheOptions {
  if (cache === false) return undefined;
  const options = cache === true ? {} : cache;
  const problem = problemOf(options);
  if (problem === undefined) return Object.freeze({ ...options });
  throw new StackError({ code: 'ARGUMENT_INVALID', message: `The cache of the step "${step}" ${problem}.` });
}

function problemOf(options: CacheOptions): string | undefined {
  if (!isPlainObject(options)) return 'is neither true, false nor an object of options';
  const { expiresAfter = 0, environment = [], key } = options;
  if (!(typeof expiresAfter === 'number' && expiresAfter >= 0)) return 'needs a time of 0 or more milliseconds';
  if (!Array.isArray(environment) || environment.some((name) => typeof name !== 'string' || name === ''))
    return 'needs a list of names of environment variables';
  return key === undefined || typeof key === 'function' ? undefined : 'has a key that is no function';
}
