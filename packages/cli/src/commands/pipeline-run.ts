import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { executeRun } from '../execute-run.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { openProjectHere } from '../open-project-here.ts';
import { readParameters } from '../read-parameters.ts';
import { readRunConfig } from '../read-run-config.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { pipeline, source } = await loadPipeline(invocation, invocation.positional('FILE#EXPORT'));
  const parameters = readParameters(pipeline, invocation);
  const config = await readRunConfig(invocation);
  await using project = await openProjectHere(invocation);
  await using stack = await project.stacks.open(invocation.option('stack') ?? config.stack);
  const name = invocation.option('run-name');
  const allowCodeChange = invocation.flag('allow-code-change');
  const cache = !invocation.flag('no-cache');
  return await executeRun(invocation, project, stack, (options) =>
    pipeline.run(parameters, { ...options, source, config, name, allowCodeChange, cache }),
  );
}
