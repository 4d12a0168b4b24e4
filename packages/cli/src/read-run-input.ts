import { resolve } from 'node:path';
import { coerceOptions, isPlainObject, type JsonObject } from '@stack/core';
import type { AnyPipeline, PlanOptions, RunConfig } from '@stack/pipelines';
import { readDocument } from '@stack/project';
import type { Invocation } from './command-line/invocation.ts';

export interface RunInput {
  /** Those that the options give. */
  readonly parameters: JsonObject;
  /** The run config, and what is wrong with options that could not be read: the pipeline tells it together with the rest. */
  readonly planOptions: Required<Pick<PlanOptions, 'config' | 'configName' | 'parameterProblems'>>;
  /** Name of the stack that the command or the run config names. */
  readonly stack: string | undefined;
}

/**
 * What a command says a pipeline is to run with.
 *
 * @throws what reading the file of `--config` throws
 */
export async function readRunInput(pipeline: AnyPipeline, invocation: Invocation): Promise<RunInput> {
  const options = [...invocation.furtherOptions, ...invocation.optionPairs('set')];
  const { input, problems } = coerceOptions(pipeline.parametersJsonSchema, options);
  const file = invocation.option('config');
  // The pipeline checks what is in it.
  const content = file === undefined ? {} : await readDocument(resolve(invocation.workingDirectory, file));
  const config = content as RunConfig;
  const ofConfig = isPlainObject(content) && typeof content.stack === 'string' ? content.stack : undefined;
  return {
    parameters: input,
    planOptions: { config, configName: file, parameterProblems: problems },
    stack: invocation.option('stack') ?? ofConfig,
  };
}
