import { resolve } from 'node:path';
import type { ArtifactRecord, ArtifactVisualization } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';
import { readArtifactBytes } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { contentText } from '../output/content-text.ts';
import { showSize } from '../output/records.ts';
import { writeNamedFile } from '../output/write-named-file.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const file = invocation.option('output');
  await using project = await openProjectHere(invocation);
  const artifact = await project.runs.getArtifact(invocation.positional('ARTIFACT'));
  const visualization = findVisualization(artifact, invocation.positional('NAME'));
  await using store = await project.components.openStoreOf(artifact);
  const bytes = await readArtifactBytes(store, visualization);
  if (file === undefined) {
    // With a mask in it, it would be another one.
    return { data: { artifact, visualization, ...contentText(bytes) }, text: '', bytes, isRevealed: true };
  }
  const path = resolve(invocation.workingDirectory, file);
  await writeNamedFile(path, bytes, { replace: false, hint: 'Remove it, or choose another one.' });
  const what = `${visualization.mediaType}, ${showSize(bytes.length)}`;
  return { data: { artifact, visualization, file: path }, text: `Wrote "${visualization.name}" to ${path} (${what}).` };
}

function findVisualization({ name, version, visualizations }: ArtifactRecord, wanted: string): ArtifactVisualization {
  const subject = `The artifact "${name}@${version}"`;
  const names = visualizations.map((visualization) => visualization.name);
  const [first] = visualizations;
  if (first === undefined) {
    throw new StackError({
      code: 'VISUALIZATION_NOT_FOUND',
      message: `${subject} has no visualizations.`,
      hint: 'A materializer gives them; html, markdown and csv do for text: step({ output: { materializer: "html" } }).',
    });
  }
  if (wanted === '' && visualizations.length === 1) return first;
  if (wanted === '') {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: `${subject} has ${visualizations.length} visualizations, and one has to be named: ${names.join(', ')}.`,
    });
  }
  const found = visualizations.find((visualization) => visualization.name === wanted);
  if (found !== undefined) return found;
  throw new StackError({
    code: 'VISUALIZATION_NOT_FOUND',
    message: `${subject} has no visualization "${wanted}".`,
    hint: didYouMean(wanted, names) ?? `It has ${names.join(', ')}.`,
  });
}
