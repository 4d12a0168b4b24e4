import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { artifactRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const limit = readCount(invocation, 'limit');
  await using project = await openProjectHere(invocation);
  const reference = invocation.option('run');
  const runId = reference === undefined ? undefined : (await project.runs.getRun(reference)).id;
  const artifacts = await project.runs.listArtifacts({ runId, limit });
  return { data: artifacts, text: renderTable(...artifactRows(artifacts), invocation.screen) };
}
