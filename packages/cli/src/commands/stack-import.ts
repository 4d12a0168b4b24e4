import { resolve } from 'node:path';
import { didYouMean, StackError } from '@stack/core/errors';
import { type ConflictRule, conflictRules, type ImportedStack } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { dryRunText } from '../output/stack-outcome.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const onConflict = conflictRule(invocation.option('on-conflict') ?? 'reuse');
  const name = invocation.option('name');
  const isDryRun = invocation.flag('dry-run');
  await using project = await openProjectHere(invocation);
  const typed = invocation.positional('FILE');
  const { input } = await project.documents.load(resolve(invocation.workingDirectory, typed));
  const imported = await project.documents.import(
    input,
    {
      onConflict,
      dryRun: isDryRun,
      allowPlainSecret: invocation.flag('allow-plain-secret'),
      ...(name === undefined ? {} : { name }),
    },
    typed,
  );
  const rows = [
    ...imported.flavors.map((flavor) => ['register', `${flavor.type} flavor`, flavor.name, flavor.source]),
    ...imported.components.map(({ action, type, name: component, renamedFrom }) => [
      action,
      type,
      component,
      renamedFrom === undefined ? '' : `"${renamedFrom}" in the file`,
    ]),
  ];
  return {
    data: { ...imported, isDryRun },
    text: dryRunText(
      invocation,
      `${headline(imported)}\n\n${renderTable(['ACTION', 'KIND', 'NAME', 'NOTE'], rows, invocation.screen)}`,
    ),
    warnings: imported.unmapped.map(
      ({ path, message, hint }) => new StackError({ code: 'IMPORT_INCOMPLETE', message: `${path} ${message}.`, hint }),
    ),
  };
}

function conflictRule(text: string): ConflictRule {
  const rule = conflictRules.find((candidate) => candidate === text);
  if (rule !== undefined) return rule;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--on-conflict is one of ${conflictRules.join(', ')}, not ${JSON.stringify(text)}.`,
    hint: didYouMean(text, conflictRules),
  });
}

function headline({ name, action }: ImportedStack): string {
  if (action === 'reuse') return `The stack "${name}" is there already, as the file has it.`;
  return `Imported the stack "${name}". Make it the active one: stack set ${name}`;
}
