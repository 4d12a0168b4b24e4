import { fileURLToPath } from 'node:url';
import { type RunRecord, runEnded, StackError } from '@stack/core';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { executeRun } from '../execute-run.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const record = await project.runs.getRun(invocation.positional('RUN'));
  // Before anything of it is imported.
  if (record.state !== 'running') throw runEnded(record.name, record.state);
  const { pipeline } = await loadPipeline(invocation, sourceOf(record));
  await using stack = await project.stacks.open(record.stack);
  const [allowCodeChange, wait] = [invocation.flag('allow-code-change'), invocation.flag('wait')];
  return await executeRun(invocation, project, stack, (options) =>
    pipeline.resume(record.id, { ...options, allowCodeChange, wait }),
  );
}

/** The pipeline as `FILE#EXPORT`. */
function sourceOf({ name, plan }: RunRecord): string {
  if (plan.source !== undefined) return `${fileURLToPath(plan.source.module)}#${plan.source.export}`;
  throw new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `The run "${name}" does not say where its pipeline is: it was started in code, or is of a package.`,
    hint: `Go on where it was started, by running the pipeline under the name ${name}.`,
  });
}
