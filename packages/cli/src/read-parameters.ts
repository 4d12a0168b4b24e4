import { coerceOptions, configError, type JsonObject, type Problem, StackError } from '@stack/core';
import type { AnyPipeline } from '@stack/pipelines';
import type { Invocation } from './command-line/invocation.ts';

/**
 * The parameters of a pipeline that the options give.
 *
 * @throws CONFIG_INVALID or OPTION_UNKNOWN when an option cannot be read, with every problem of those that are given
 */
export function readParameters(pipeline: AnyPipeline, invocation: Invocation): JsonObject {
  const options = [...invocation.furtherOptions, ...invocation.optionPairs('set')];
  const { input, problems } = coerceOptions(pipeline.parametersJsonSchema, options);
  if (problems.length === 0) return input;
  const all = [...problems, ...valueProblems(pipeline, input)];
  throw configError(`the pipeline "${pipeline.name}"`, all, 'parameters');
}

/** What is wrong with the parameters that could be read. That others are missing may be for those that could not. */
function valueProblems(pipeline: AnyPipeline, input: JsonObject): readonly Problem[] {
  try {
    pipeline.plan(input);
    return [];
  } catch (error) {
    if (!StackError.is(error)) return [];
    return error.problems.filter(({ path }) => Object.hasOwn(input, path.split('.', 1)[0] ?? ''));
  }
}
