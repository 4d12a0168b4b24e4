import { resolve } from 'node:path';
import { downloadArtifact } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const path = resolve(invocation.workingDirectory, invocation.positional('PATH'));
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.getArtifact(invocation.positional('ARTIFACT'));
  await using store = await project.components.openStoreOf(artifact);
  const kind = await downloadArtifact(store, artifact, path);
  return {
    data: { artifact, kind, path },
    text: `Downloaded the artifact "${artifact.name}@${artifact.version}" to the ${kind} ${path}.`,
  };
}
