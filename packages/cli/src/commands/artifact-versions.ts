import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { artifactVersionRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const limit = readCount(invocation, 'limit');
  await using project = await openProjectHere(invocation);
  // So that a name that there is not is told, with one that is like it.
  const { name } = await project.runs.getArtifact(invocation.positional('NAME'));
  const artifacts = await project.runs.listArtifacts({ name, limit });
  return { data: artifacts, text: renderTable(...artifactVersionRows(artifacts), invocation.screen) };
}
