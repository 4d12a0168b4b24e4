import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showSize } from '../output/records.ts';
import { renderFields } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.getArtifact(invocation.positional('ID'));
  const { id, runId, step, output, materializer, store, path, size, sha256, createdAt } = artifact;
  const { name } = await project.runs.getRun(runId);
  const fields: [string, string][] = [
    ['id', id],
    ['run', name],
    ['step', step],
    ['output', output],
    ['materializer', materializer],
    ['artifact store', `${store.component} (${store.flavor})`],
    ['at', `${store.root}/${path}`],
    ['size', showSize(size)],
    ['sha256', sha256],
    ['written', createdAt.toISOString()],
  ];
  return { data: artifact, text: renderFields(fields, invocation.screen) };
}
