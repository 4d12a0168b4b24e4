import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { onDisk } from '@stack/core';
import { directoryArtifact, fileArtifact, saveArtifact } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readMetadata } from '../command-line/read-metadata.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showReference, showSize } from '../output/records.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const tags = invocation.optionValues('tag');
  const metadata = readMetadata(invocation.optionValues('metadata'));
  const path = resolve(invocation.workingDirectory, invocation.positional('FILE'));
  const isDirectory = (await onDisk('read', path, () => stat(path))).isDirectory();
  await using project = await openProjectHere(invocation);
  await using stack = await project.stacks.open(invocation.option('stack'));
  const { artifactStore } = stack;
  const artifact = await saveArtifact(
    { artifactStore, runStore: project.runs },
    invocation.positional('NAME'),
    isDirectory ? directoryArtifact(path) : fileArtifact(path),
    { tags, metadata },
  );
  const size = [artifact, ...artifact.contents].reduce((sum, object) => sum + object.size, 0);
  return { data: artifact, text: `Saved ${showReference(artifact)}, ${showSize(size)}, in the ${artifactStore}.` };
}
