import { pathToFileURL } from 'node:url';
import { type PipelineSource, StackError } from '@stack/core';
import { type AnyPipeline, isPipeline } from '@stack/pipelines';
import { ModuleLoader, parseSourceReference } from '@stack/project';
import { findProjectRoot } from '@stack/project/root';
import type { Invocation } from './command-line/invocation.ts';
import { packageFolder } from './package-folder.ts';

export interface LoadedPipeline {
  readonly pipeline: AnyPipeline;
  /** Where a worker finds it; `undefined` for a pipeline of a package. */
  readonly source: PipelineSource | undefined;
}

/**
 * Imports the pipeline that `FILE#EXPORT` names. A file is looked for from the working directory, since it is what
 * shells complete.
 *
 * @throws what importing throws, and PIPELINE_INVALID when the export is no pipeline
 */
export async function loadPipeline({ workingDirectory }: Invocation, text: string): Promise<LoadedPipeline> {
  const reference = parseSourceReference(text, 'pipelines/training.ts#training');
  const loader = new ModuleLoader(findProjectRoot(workingDirectory) ?? workingDirectory, [packageFolder]);
  const { value, file } = await loader.load(reference, workingDirectory);
  if (!isPipeline(value)) {
    throw new StackError({
      code: 'PIPELINE_INVALID',
      message: `${text} is not a pipeline.`,
      hint: 'Export what pipeline({ name: ... }, ...) of @stack/pipelines returns.',
    });
  }
  const source = file === undefined ? undefined : { module: pathToFileURL(file).href, export: reference.export };
  return { pipeline: value, source };
}
