import { isRunLeft, type RunRecord } from '@stack/core';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { listRunArtifacts } from '../list-run-artifacts.ts';
import { openProjectHere } from '../open-project-here.ts';
import { artifactRows, metadataRows, showDuration, showReference, stepRows } from '../output/records.ts';
import { renderFields, renderTable } from '../output/table.ts';

function showHolder(run: RunRecord): string {
  if (isRunLeft(run)) return `nobody any more; it goes on with: stack run resume ${run.name}`;
  const { holder } = run;
  return holder === undefined ? '' : `process ${holder.pid} on ${holder.host}, since ${holder.since.toISOString()}`;
}

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const record = await project.runs.getRun(invocation.positional('RUN'));
  const steps = await project.runs.listStepRuns(record.id);
  const artifacts = await listRunArtifacts(project, record.id);
  const { screen } = invocation;
  const fields: [string, string][] = [
    ['run', record.name],
    ['id', record.id],
    ['pipeline', record.pipeline],
    ['parameters', JSON.stringify(record.plan.parameters)],
    ['stack', record.stack],
    ['state', record.state],
    ['executed by', showHolder(record)],
    ['taken up', record.epoch === 1 ? '' : `${record.epoch} times`],
    ['started', record.startedAt.toISOString()],
    ['duration', showDuration(record.startedAt, record.endedAt)],
    ['error', record.error === undefined ? '' : `${record.error.code}: ${record.error.message}`],
    ['hint', record.error?.hint ?? ''],
  ];
  const [headings, logged] = metadataRows([
    ['run', record.metadata.logged],
    ...steps.map(({ step, metadata }) => [`step ${step}`, metadata.logged] as const),
    ...artifacts.map((artifact) => [showReference(artifact), artifact.metadata] as const),
  ]);
  const stacks = steps.flatMap(({ step, error }) => (error?.stack === undefined ? [] : [`${step}: ${error.stack}`]));
  const sections = [
    renderFields(
      fields.filter(([, value]) => value !== ''),
      screen,
    ),
    renderTable(...stepRows(steps), screen),
    artifacts.length === 0 ? 'No artifacts.' : renderTable(...artifactRows(artifacts), screen),
    ...(logged.length === 0 ? [] : [renderTable(headings, logged, screen)]),
    ...stacks,
  ];
  return { data: { ...record, steps, artifacts }, text: sections.join('\n\n') };
}
