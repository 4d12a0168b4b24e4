import { didYouMean, StackError } from '@stack/core/errors';
import { readStepLog } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { printable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const record = await project.runs.getRun(invocation.positional('RUN'));
  const wanted = invocation.positional('STEP');
  const names = record.plan.steps.map(({ name }) => name);
  if (wanted !== '' && !names.includes(wanted)) {
    throw new StackError({
      code: 'STEP_NOT_FOUND',
      message: `The run "${record.name}" has no step "${wanted}".`,
      hint: didYouMean(wanted, names) ?? `It has ${names.join(', ')}.`,
    });
  }
  // The logs are where the run's artifacts are.
  const { components } = await project.stacks.get(record.stack);
  const artifactStore = components.find(({ type }) => type === 'artifact-store');
  await using store = await project.components.openArtifactStore({ component: artifactStore?.name ?? '' });
  const lines: { readonly step: string; readonly time: Date; readonly level: string; readonly text: string }[] = [];
  for (const step of wanted === '' ? names : [wanted]) {
    for await (const line of readStepLog(store, record.id, step)) lines.push({ step, ...line });
  }
  const shown = lines.map(({ step, text }) => (wanted === '' ? `${step} | ` : '') + printable(text));
  return { data: lines, text: shown.join('\n') };
}
