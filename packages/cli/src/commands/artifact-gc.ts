import { StackError } from '@stack/core/errors';
import { type CollectedArtifacts, collectArtifacts } from '@stack/pipelines';
import type { Project } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readDuration } from '../command-line/read-duration.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { showSize, unreferencedRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun, screen } = invocation;
  const olderThan = readDuration(invocation, 'older-than');
  await using project = await openProjectHere(invocation);
  const collected: CollectedArtifacts[] = [];
  const problems: StackError[] = [];
  for (const component of await chosenStores(invocation, project)) {
    try {
      await using store = await project.components.openArtifactStore({ component }, { dryRun });
      collected.push(await collectArtifacts(store, project.runs, { olderThan, dryRun }));
    } catch (error) {
      // What is wrong with one store keeps no other from it.
      if (!StackError.is(error)) throw error;
      problems.push(error);
    }
  }
  const objects = collected.flatMap((inStore) => inStore.objects);
  const size = showSize(objects.reduce((sum, object) => sum + object.size, 0));
  const count = objects.length === 1 ? 'one object' : `${objects.length} objects`;
  const output = changeOutput(invocation, {
    verb: ['Removed', 'remove'],
    subject: `${count} of ${size} that no artifact refers to`,
    data: { stores: collected },
  });
  const [error, ...warnings] = problems;
  const nothing = collected.length === 0 ? '' : 'There is nothing that is old enough and that no artifact refers to.';
  const text =
    objects.length === 0 ? nothing : `${output.text}\n\n${renderTable(...unreferencedRows(collected), screen)}`;
  return { ...output, text, ...(error === undefined ? {} : { error }), warnings };
}

/** Every artifact store of the project, unless one is named. */
async function chosenStores(invocation: Invocation, project: Project): Promise<readonly string[]> {
  const named = invocation.positional('STORE');
  if (named !== '') return [named];
  const components = await project.components.list({ type: 'artifact-store' });
  return components.map(({ name }) => name);
}
