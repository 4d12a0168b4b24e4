import type { TagChange } from '@stack/core';
import type { CommandOutput } from './command-line/command.ts';
import type { Invocation } from './command-line/invocation.ts';
import { openProjectHere } from './open-project-here.ts';
import { showReference } from './output/records.ts';

/** Changes the tags of the artifact that a command is about, and says which it has then. */
export async function changeArtifactTags(invocation: Invocation, change: TagChange): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.changeTags(invocation.positional('ARTIFACT'), change);
  const { tags } = artifact;
  const text = `${showReference(artifact)} has ${tags.length === 0 ? 'no tags' : `the tags ${tags.join(', ')}`}.`;
  return { data: artifact, text };
}
