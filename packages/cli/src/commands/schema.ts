import { StackError } from '@stack/core/errors';
import { listComponentTypes } from '@stack/core/manifest';
import type { CommandOutput } from '../command-line/command.ts';
import { commands } from '../command-line/command-table.ts';
import { findCommands } from '../command-line/find-command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { commandLine } from '../command-line/usage.ts';
import type { DataSchemaName } from '../data-schemas/data-schemas.ts';
import { reportSchema } from '../data-schemas/report-schema.ts';
import { discoverComponentTypes } from '../discover-component-types.ts';

/** Stands for what `--help` prints, as if it were a command. */
const help = 'help';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const words = invocation.positionals('COMMAND');
  discoverComponentTypes(invocation.workingDirectory);
  const schema = words.length === 0 ? everySchema() : reportSchema(schemaName(words));
  return { data: schema, text: JSON.stringify(schema, undefined, 2) };
}

function everySchema(): Record<string, unknown> {
  const names: [string, DataSchemaName][] = commands.map((command) => [commandLine(command), command.data]);
  return Object.fromEntries(
    [...names, [`stack ${help}`, help] as const].map(([line, name]) => [line, reportSchema(name)]),
  );
}

function schemaName(words: readonly string[]): DataSchemaName {
  if (words.length === 1 && words[0] === help) return help;
  const types = ['<type>', ...listComponentTypes().map(({ name }) => name)];
  const found = findCommands(words, types);
  const [command] = found.commands;
  if (found.isComplete && command !== undefined && found.rest.length === 0) return command.data;
  throw new StackError({
    code: 'COMMAND_UNKNOWN',
    message: `"stack ${words.join(' ')}" is not the name of a command.`,
    hint: 'Give the words of a command without its arguments: stack schema run list',
  });
}
