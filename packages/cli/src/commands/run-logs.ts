import { once } from 'node:events';
import { didYouMean, StackError } from '@stack/core/errors';
import { maskSecrets } from '@stack/core/secrets';
import { type RunLogLine, readRunLog } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { printable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const follow = invocation.flag('follow');
  if (follow && invocation.isJson) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: '--json prints one document, which cannot follow a run.',
      hint: 'Leave --follow out, or --json.',
    });
  }
  await using project = await openProjectHere(invocation);
  const { id, name, stack } = await project.runs.getRun(invocation.positional('RUN'));
  const wanted = invocation.positional('STEP') || undefined;
  const names = (await project.runs.listStepRuns(id)).map(({ step }) => step);
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new StackError({
      code: 'STEP_NOT_FOUND',
      message: `The run "${name}" has no step "${wanted}".`,
      hint: didYouMean(wanted, names) ?? `It has ${names.join(', ')}.`,
    });
  }
  // The logs are where the run's artifacts are.
  const { components } = await project.stacks.get(stack);
  const artifactStore = components.find(({ type }) => type === 'artifact-store');
  await using store = await project.components.openArtifactStore({ component: artifactStore?.name ?? '' });
  const lines = readRunLog(store, project.runs, id, { step: wanted, follow });
  if (invocation.isJson) {
    const data: RunLogLine[] = [];
    for await (const line of lines) data.push(line);
    return { data, text: '' };
  }
  await print(lines, wanted === undefined);
  return { data: [], text: '' };
}

/** Line by line, since a log may be larger than the memory. */
async function print(lines: AsyncIterable<RunLogLine>, withStep: boolean): Promise<void> {
  for await (const { step, text } of lines) {
    const line = maskSecrets(`${withStep ? `${step} | ` : ''}${printable(text)}\n`);
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
}
