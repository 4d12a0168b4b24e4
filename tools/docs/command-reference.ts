import type { CommandDescription, OptionDescription } from '../../packages/cli/src/command-line/command.ts';
import { commands } from '../../packages/cli/src/command-line/command-table.ts';
import { commonOptions } from '../../packages/cli/src/command-line/common-options.ts';
import { commandLine, usage } from '../../packages/cli/src/command-line/usage.ts';
import { generatedPage, markdownTable } from './markdown.ts';

/** docs/commands.md: every command with its arguments and options. */
export function commandReference(): string {
  const groups = Map.groupBy(commands, ({ words }) => groupTitle(words[0] ?? ''));
  return generatedPage('Commands', 'npm run docs', [
    'Where it says `<type>`, a component type stands, e.g. `artifact-store`. `stack --help` lists those that are installed. Where a command takes a name, it takes an id too, or the beginning of one. An option is written `--key=value` or `--key value`; one that is a boolean stands alone.',
    ...[...groups].flatMap(([title, members]) => [`## ${title}`, ...members.flatMap(commandSection)]),
    '## Options of every command',
    optionTable(commonOptions),
  ]);
}

function groupTitle(word: string): string {
  switch (word) {
    case 'stack':
      return 'Stacks';
    case '<type>':
      return 'Flavors and components';
    case 'pipeline':
    case 'run':
    case 'artifact':
      return 'Pipelines, runs and artifacts';
    case 'secret':
    case 'secret-store':
      return 'Secrets';
    default:
      return 'Project and program';
  }
}

function commandSection(command: CommandDescription): string[] {
  const { positionals = [], options = {}, furtherOptions } = command;
  const rows = positionals.map(({ name, summary, isOptional }) => [`\`${name}\``, isOptional ? '' : 'yes', summary]);
  return [
    `### ${commandLine(command)}`,
    command.summary,
    `\`\`\`\n${usage(command)}\n\`\`\``,
    ...(rows.length === 0 ? [] : [markdownTable(['argument', 'required', 'what it is'], rows)]),
    ...(Object.keys(options).length === 0 ? [] : [optionTable(options)]),
    ...(furtherOptions === undefined ? [] : [furtherOptions.summary]),
  ];
}

function optionTable(options: Readonly<Record<string, OptionDescription>>): string {
  const rows = Object.entries(options).map(([name, { value, summary, isRequired, isRepeatable }]) => [
    `\`--${name}${value === undefined ? '' : `=${value}`}\``,
    isRequired ? 'yes' : '',
    `${summary}${isRepeatable ? ' May be repeated.' : ''}`,
  ]);
  return markdownTable(['option', 'required', 'what it does'], rows);
}
