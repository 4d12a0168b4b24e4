import { coerceOptions, configError, type JsonObject } from '@stack/core';
import type { AnyPipeline } from '@stack/pipelines';
import type { Invocation } from './command-line/invocation.ts';

/**
 * The parameters of a pipeline that the options give.
 *
 * @throws CONFIG_INVALID or OPTION_UNKNOWN with every option that cannot be read
 */
export function readParameters(pipeline: AnyPipeline, invocation: Invocation): JsonObject {
  const options = [...invocation.furtherOptions, ...invocation.optionPairs('set')];
  const { input, problems } = coerceOptions(pipeline.parametersJsonSchema, options);
  if (problems.length > 0) throw configError(`the pipeline "${pipeline.name}"`, problems, 'parameters');
  return input;
}
