import { StackError } from '@stack/core/errors';
import type { ComponentCheck, ComponentDiagnosis } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readSeconds } from '../command-line/read-seconds.ts';
import { stackReference } from '../command-line/stack-reference.ts';
import { openProjectHere } from '../open-project-here.ts';
import type { Screen } from '../output/screen.ts';
import { countProblems, problemRows } from '../output/stack-outcome.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const timeLimit = readSeconds(invocation, 'timeout');
  await using project = await openProjectHere(invocation);
  const diagnosis = await project.stacks.doctor(await stackReference(project, invocation), {
    live: invocation.flag('live'),
    ...(timeLimit === undefined ? {} : { timeLimit }),
  });
  const { stack, isHealthy, components, secretStores, problems } = diagnosis;
  const { id, name } = stack;
  const data = { stack: { id, name }, isHealthy, components, secretStores, problems };
  const { screen } = invocation;
  const examined = [...components, ...secretStores];
  const overview = renderComponents(examined, screen);
  if (isHealthy) return { data, text: `${overview}\n\nThe stack "${name}" works.` };
  const all = [...problems, ...examined.flatMap(({ checks }) => checks.flatMap((check) => check.problems))];
  return {
    data,
    text: `${overview}\n\n${renderTable(...problemRows(all), screen)}`,
    error: new StackError({
      code: 'STACK_UNHEALTHY',
      message: `The stack "${name}" has ${countProblems(all)}.`,
      problems: all,
    }),
  };
}

/** A row for each component, a column for each check. */
function renderComponents(components: readonly ComponentDiagnosis[], screen: Screen): string {
  const checks = [...new Set(components.flatMap((component) => component.checks.map(({ check }) => check)))];
  return renderTable(
    ['TYPE', 'NAME', 'FLAVOR', ...checks.map((check) => (check === 'flavor' ? 'LOADS' : check.toUpperCase()))],
    components.map((component) => [
      component.type,
      component.name,
      component.flavor,
      ...checks.map((name) => showCheck(component.checks.find(({ check }) => check === name))),
    ]),
    screen,
  );
}

/** Of a secret store more may be looked at than of others. */
function showCheck(check: ComponentCheck | undefined): string {
  if (check === undefined) return '';
  const { outcome, message } = check;
  const shown = { passed: 'ok', failed: 'failed', skipped: '-' }[outcome];
  return message === undefined ? shown : `${shown} (${message})`;
}
