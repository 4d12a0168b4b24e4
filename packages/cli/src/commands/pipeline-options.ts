import type { FurtherOptions } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { isFlagOption, schemaOptions } from '../command-line/schema-options.ts';
import { loadPipeline } from '../load-pipeline.ts';

/** The parameters of the pipeline that is to run. */
export async function furtherOptions(invocation: Invocation): Promise<FurtherOptions | undefined> {
  const text = invocation.positional('FILE#EXPORT');
  if (text === '') return undefined;
  const { pipeline } = await loadPipeline(invocation, text);
  return {
    title: `Parameters of the pipeline ${pipeline.name}`,
    options: schemaOptions(pipeline.parametersJsonSchema),
    isFlag: (name) => isFlagOption(pipeline.parametersJsonSchema, name),
  };
}
