import { relative } from 'node:path';
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
  const source = sourceOf(record, invocation.workingDirectory);
  if (record.state !== 'running') {
    throw runEnded(record.name, record.state, source === undefined ? undefined : commandOf(record, source));
  }
  if (source === undefined) throw notAddressable(record.name);
  const { pipeline } = await loadPipeline(invocation, source);
  await using stack = await project.stacks.open(record.stack);
  const [allowCodeChange, wait] = [invocation.flag('allow-code-change'), invocation.flag('wait')];
  return await executeRun(invocation, project, stack, (options) =>
    pipeline.resume(record.id, { ...options, allowCodeChange, wait }),
  );
}

/** The pipeline as `FILE#EXPORT`; `undefined` where its plan does not say so. */
function sourceOf({ plan: { source } }: RunRecord, workingDirectory: string): string | undefined {
  return source === undefined
    ? undefined
    : `${relative(workingDirectory, fileURLToPath(source.module))}#${source.export}`;
}

/** Runs the pipeline of a run as it was run, but for a run config. */
function commandOf({ stack, plan }: RunRecord, source: string): string {
  const parameters = Object.entries(plan.parameters).map(
    ([name, value]) => `--${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return ['stack', 'pipeline', 'run', source, `--stack=${stack}`, ...parameters].map(shellWord).join(' ');
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function notAddressable(name: string): StackError {
  return new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `The run "${name}" does not say where its pipeline is: it was started in code, or is of a package.`,
    hint: `Go on where it was started, by running the pipeline under the name ${name}.`,
  });
}
