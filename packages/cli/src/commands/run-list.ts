import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { runRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const limit = readCount(invocation, 'limit');
  await using project = await openProjectHere(invocation);
  const runs = await project.runs.listRuns({ pipeline: invocation.option('pipeline'), limit });
  return {
    data: runs.map(({ plan: _, ...run }) => run),
    text: renderTable(...runRows(runs), invocation.screen),
  };
}
