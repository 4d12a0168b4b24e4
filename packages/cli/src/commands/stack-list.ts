import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { stackRows } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const stacks = await project.stacks.list();
  const active = await project.stacks.active();
  return {
    data: stacks.map((stack) => ({ ...stack, isActive: stack.id === active.id })),
    text: renderTable(...stackRows(stacks, active.id), invocation.screen),
  };
}
