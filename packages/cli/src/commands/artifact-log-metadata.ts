import { logMetadata } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readMetadata } from '../command-line/read-metadata.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showReference } from '../output/records.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const added = readMetadata(invocation.positionals('KEY=VALUE'));
  await using project = await openProjectHere(invocation);
  const { id } = await project.runs.getArtifact(invocation.positional('ARTIFACT'));
  await logMetadata(project.runs, { artifact: id }, added);
  const artifact = await project.runs.getArtifact(id);
  const { metadata } = artifact;
  return { data: { metadata }, text: `Of ${showReference(artifact)} is logged: ${JSON.stringify(metadata)}` };
}
