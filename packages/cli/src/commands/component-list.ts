import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { componentRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const components = await project.components.list({ type: invocation.componentType });
  return { data: components, text: renderTable(...componentRows(components), invocation.screen) };
}
