import { watchRun } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { createRunView } from '../output/run-view.ts';
import { run as describe } from './run-describe.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const view = invocation.isJson ? undefined : createRunView(invocation.screen);
  try {
    for await (const event of watchRun(project.runs, invocation.positional('RUN'))) view?.show(event);
  } finally {
    view?.close();
  }
  return describe(invocation);
}
