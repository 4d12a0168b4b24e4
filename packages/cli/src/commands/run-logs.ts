import { once } from 'node:events';
import type { RunRecord } from '@stack/core';
import { StackError } from '@stack/core/errors';
import { maskSecrets } from '@stack/core/secrets';
import { type RunLogLine, readRunLog } from '@stack/pipelines';
import { chooseStepRuns } from '../choose-step-runs.ts';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { leftNotice } from '../output/run-view.ts';
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
  const record = await project.runs.getRun(invocation.positional('RUN'));
  const { id, stack } = record;
  const wanted = invocation.positional('STEP');
  chooseStepRuns(record, await project.runs.listStepRuns(id), wanted);
  // The logs are where the run's artifacts are.
  const { components } = await project.stacks.get(stack);
  const artifactStore = components.find(({ type }) => type === 'artifact-store');
  await using store = await project.components.openArtifactStore({ component: artifactStore?.name ?? '' });
  const onLeft = ({ name }: RunRecord) => process.stderr.write(`${maskSecrets(leftNotice(name))}\n`);
  const lines = readRunLog(store, project.runs, id, { step: wanted || undefined, follow, onLeft });
  if (invocation.isJson) {
    const data: RunLogLine[] = [];
    for await (const line of lines) data.push(line);
    return { data, text: '' };
  }
  await print(lines, wanted === '');
  return { data: [], text: '' };
}

/** Line by line, since a log may be larger than the memory. */
async function print(lines: AsyncIterable<RunLogLine>, withStep: boolean): Promise<void> {
  for await (const { step, text } of lines) {
    const line = maskSecrets(`${withStep ? `${step} | ` : ''}${printable(text)}\n`);
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
}
