import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { retentionOutput } from '../output/retention-output.ts';
import { hasScope, retentionScope } from '../retention-scope.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const scope = retentionScope(invocation);
  await using project = await openProjectHere(invocation);
  const known = await project.runs.retentionRules();
  const rules = known.filter((rule) => !hasScope(rule, scope));
  if (rules.length === known.length) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: 'There is no rule for these runs.',
      hint: 'See those that there are: stack run retention list',
    });
  }
  await project.runs.putRetentionRules(rules);
  return retentionOutput(rules, invocation);
}
