import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { showChanges } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const { migrated, problems } = await project.components.migrate({ dryRun });
  const verb = dryRun ? 'Would migrate' : 'Migrated';
  const lines = migrated.flatMap(({ after, changes }) => [
    `${verb} the ${after.type} "${after.name}":`,
    ...showChanges(changes),
  ]);
  const data = {
    migrated: migrated.map(({ after: { type, id, name }, changes }) => ({ type, id, name, changes })),
    ...(dryRun ? { dryRun } : {}),
  };
  const nothing = problems.length === 0 ? 'All components are up to date.' : '';
  const output = { data, text: lines.length === 0 ? nothing : lines.join('\n') };
  const error = migrationError(problems);
  return error === undefined ? output : { ...output, error };
}

/** All that went wrong. With several problems it has the code of the first. */
function migrationError(problems: readonly StackError[]): StackError | undefined {
  const [first, ...others] = problems;
  if (first === undefined || others.length === 0) return first;
  const messages = problems.map(({ message, hint }) => (hint === undefined ? message : `${message}\n  ${hint}`));
  return new StackError({
    code: first.code,
    message: `${problems.length} components cannot be migrated:\n${messages.join('\n')}`,
    problems: problems.map(({ code, message, hint }) => ({
      path: '',
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
  });
}
