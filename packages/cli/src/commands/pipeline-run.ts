import { joinErrors, StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { executeRun } from '../execute-run.ts';
import { loadPipeline } from '../load-pipeline.ts';
import { openProjectHere } from '../open-project-here.ts';
import { readRunInput } from '../read-run-input.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { pipeline, source } = await loadPipeline(invocation, invocation.positional('FILE#EXPORT'));
  const { parameters, planOptions, stack: named } = await readRunInput(pipeline, invocation);
  await using project = await openProjectHere(invocation);
  await using stack = await project.stacks.open(named).catch((error: unknown) => {
    throw joinFailure(error, () => pipeline.plan(parameters, planOptions));
  });
  const name = invocation.option('run-name');
  const allowCodeChange = invocation.flag('allow-code-change');
  const cache = !invocation.flag('no-cache');
  return await executeRun(invocation, project, stack, (options) =>
    pipeline.run(parameters, { ...options, ...planOptions, source, name, allowCodeChange, cache }),
  );
}

/** What went wrong, along with what is wrong with something that does not depend on it. */
function joinFailure(error: unknown, check: () => unknown): unknown {
  if (!StackError.is(error)) return error;
  try {
    check();
    return error;
  } catch (other) {
    return StackError.is(other) ? joinErrors([other, error]) : error;
  }
}
