import { readArtifactBytes } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { contentText } from '../output/content-text.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.getArtifact(invocation.positional('ARTIFACT'));
  await using store = await project.components.openStoreOf(artifact);
  const bytes = await readArtifactBytes(store, artifact);
  // With a mask in it, it would be another artifact.
  return { data: { artifact, ...contentText(bytes) }, text: '', bytes, isRevealed: true };
}
