import type { RetentionRule } from '@stack/core';
import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { readDuration } from '../command-line/read-duration.ts';
import { openProjectHere } from '../open-project-here.ts';
import { retentionOutput } from '../output/retention-output.ts';
import { hasScope, retentionScope } from '../retention-scope.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const scope = retentionScope(invocation);
  const maximumAge = readDuration(invocation, 'max-age');
  const maximumCount = readCount(invocation, 'max-count');
  if (maximumAge === undefined && maximumCount === undefined) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: 'A rule says how long runs are kept, or how many.',
      hint: 'Give --max-age, e.g. 30d, or --max-count, or both.',
    });
  }
  const rule: RetentionRule = {
    ...scope,
    ...(maximumAge === undefined ? {} : { maximumAge }),
    ...(maximumCount === undefined ? {} : { maximumCount }),
  };
  await using project = await openProjectHere(invocation);
  const others = (await project.runs.retentionRules()).filter((known) => !hasScope(known, scope));
  const rules = [...others, rule];
  await project.runs.putRetentionRules(rules);
  return retentionOutput(rules, invocation);
}
