import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { stackReference } from '../command-line/stack-reference.ts';
import { openProjectHere } from '../open-project-here.ts';
import { countProblems, problemRows } from '../output/stack-outcome.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const stack = await project.stacks.get(await stackReference(project, invocation));
  const { problems } = await project.stacks.validate(stack);
  const { id, name } = stack;
  const data = { stack: { id, name }, isValid: problems.length === 0, problems };
  if (problems.length === 0) return { data, text: `The stack "${name}" is valid, and all that it needs is here.` };
  return {
    data,
    text: renderTable(...problemRows(problems), invocation.screen),
    error: new StackError({
      code: 'STACK_INVALID',
      message: `The stack "${name}" has ${countProblems(problems)}.`,
      problems,
    }),
  };
}
