import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import type { DeletedRuns } from '../delete-runs.ts';
import { changeOutput } from './change-output.ts';
import { renderTable } from './table.ts';

/** What a command says that deletes runs. What kept it from a part of it is its error, after all else is done. */
export function deletedRunsOutput(invocation: Invocation, { runs, problems }: DeletedRuns): CommandOutput {
  const output = changeOutput(invocation, {
    verb: ['Deleted', 'delete'],
    subject: runs.length === 1 ? 'one run' : `${runs.length} runs`,
    data: { runs },
  });
  const rows = runs.map(({ name, pipeline, state, artifacts, keptArtifacts, removedObjects }) => [
    name,
    pipeline,
    state,
    `${artifacts}${keptArtifacts === 0 ? '' : ` (${keptArtifacts} stay)`}`,
    removedObjects === undefined ? '' : String(removedObjects),
  ]);
  const headings = ['RUN', 'PIPELINE', 'STATE', 'ARTIFACTS', 'OBJECTS REMOVED'];
  const table = rows.length === 0 ? [] : ['', renderTable(headings, rows, invocation.screen)];
  const [error, ...others] = problems;
  return {
    ...output,
    text: runs.length === 0 && error !== undefined ? '' : [output.text, ...table].join('\n'),
    ...(error === undefined ? {} : { error }),
    warnings: others,
  };
}
