import type { Problem } from '@stack/core/errors';
import type { Project } from '@stack/project';
import type { StackRecord } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import { showComponents } from './records.ts';

/** What a command puts out that made or changed a stack: what the stack is now, and whether all that it needs is here. */
export async function changedStack(project: Project, stack: StackRecord, text: string): Promise<CommandOutput> {
  const { problems } = await project.stacks.validate(stack);
  const lines = [text, `It has ${showComponents(stack.components)}.`];
  if (problems.length > 0)
    lines.push(`On this machine it has ${countProblems(problems)}: stack validate ${stack.name}`);
  const active = await project.stacks.active();
  return { data: { ...stack, isActive: stack.id === active.id, problems }, text: lines.join('\n') };
}

export function problemRows(problems: readonly Problem[]): readonly [string[], string[][]] {
  return [
    ['WHERE', 'CODE', 'PROBLEM', 'WHAT TO DO'],
    problems.map(({ path, code, message, hint }) => [path, code ?? '', message, hint ?? '']),
  ];
}

/** `3 problems`. */
export function countProblems(problems: readonly Problem[]): string {
  return problems.length === 1 ? 'a problem' : `${problems.length} problems`;
}
