import { traceLineage } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderLineage } from '../output/render-lineage.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const [up, down] = [invocation.flag('up'), invocation.flag('down')];
  await using project = await openProjectHere(invocation);
  const directions = { up: up || !down, down: down || !up };
  const lineage = await traceLineage(project.runs, invocation.positional('ARTIFACT'), directions);
  return { data: lineage, text: renderLineage(lineage, directions) };
}
