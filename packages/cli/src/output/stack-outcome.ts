import type { Problem } from '@stack/core/errors';
import type { Project } from '@stack/project';
import type { StackRecord } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { programName } from './program-name.ts';
import { showComponents } from './records.ts';

/** What a command puts out that made or changed a stack: what the stack is now, and whether all that it needs is here. */
export async function changedStack(
  invocation: Invocation,
  project: Project,
  stack: StackRecord,
  text: string,
): Promise<CommandOutput> {
  const isDryRun = invocation.flag('dry-run');
  const active = await project.stacks.active();
  const isActive = stack.id === active.id || invocation.flag('activate');
  const { problems } = await project.stacks.validate(stack);
  const lines = [text, `It has ${showComponents(stack.components)}.`];
  if (problems.length > 0) {
    const seeThem = isDryRun ? problems.map(({ path, message }) => `${path}: ${message}`) : [validateCommand(stack)];
    lines.push(`On this machine it has ${countProblems(problems)}: ${seeThem.join('; ')}`);
  }
  return { data: { ...stack, isActive, isDryRun, problems }, text: dryRunText(invocation, lines.join('\n')) };
}

/** The text of a command, below a line that says so when it wrote nothing. */
export function dryRunText(invocation: Invocation, text: string): string {
  return invocation.flag('dry-run') ? `This is a dry run: nothing is written. Without --dry-run:\n${text}` : text;
}

function validateCommand({ name }: StackRecord): string {
  return `${programName} validate ${name}`;
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
