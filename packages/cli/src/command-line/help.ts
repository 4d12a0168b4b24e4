import type { ComponentTypeDescription } from '@stack/core/manifest';
import type { Screen } from '../output/screen.ts';
import { renderRows } from '../output/table.ts';
import type { CommandDescription, CommandOutput, FurtherOptions, OptionDescription } from './command.ts';
import { commonOptions } from './common-options.ts';
import { anyUsage, commandLine, usage } from './usage.ts';

/** The help of one command. */
export function commandHelp(
  command: CommandDescription,
  context: {
    readonly componentType: string | undefined;
    readonly further: FurtherOptions | undefined;
    readonly screen: Screen;
  },
): CommandOutput {
  const { componentType, further, screen } = context;
  const options = { ...command.options, ...commonOptions };
  const sections = [
    `Usage: ${usage(command, componentType)}\n\n${command.summary}`,
    section(
      'Arguments',
      (command.positionals ?? []).map(({ name, summary }) => [name, summary]),
      screen,
    ),
    section('Options', Object.entries(options).map(describeOption), screen),
    further === undefined ? command.furtherOptions?.summary : furtherSection(further, screen),
  ];
  const { words, summary, positionals = [] } = command;
  return {
    data: {
      words,
      usage: usage(command, componentType),
      summary,
      positionals: positionals.map(({ completion: _, ...positional }) => positional),
      options: Object.fromEntries(
        Object.entries(options).map(([name, { completion: _, ...option }]) => [name, option]),
      ),
      furtherOptions: further?.options.map(({ completion: _, ...option }) => option) ?? [],
    },
    text: sections.filter((text) => text !== undefined && text !== '').join('\n\n'),
  };
}

/** A line for each command: its words, and what it does. */
export function commandRows(
  commands: readonly CommandDescription[],
  componentType: string | undefined,
  screen: Screen,
): string {
  return renderRows(
    commands.map((command) => [`  ${commandLine(command, componentType)}`, command.summary]),
    screen,
  );
}

/** The help of the commands that begin alike. */
export function commandsHelp(
  commands: readonly CommandDescription[],
  context: {
    readonly componentType: string | undefined;
    readonly componentTypes: readonly ComponentTypeDescription[];
    readonly screen: Screen;
  },
): CommandOutput {
  const { componentType, componentTypes, screen } = context;
  const rows = commands.map((command) => [usage(command, componentType).replace(/ \[options\]/, ''), command.summary]);
  const hasTypes = componentType === undefined && commands.some(({ words }) => words[0] === '<type>');
  const sections = [
    `Usage: ${anyUsage}`,
    section('Commands', rows, screen),
    hasTypes
      ? section(
          'Component types, in the place of <type>',
          componentTypes.map(({ name, description }) => [name, description]),
          screen,
        )
      : '',
    section('Options of every command', Object.entries(commonOptions).map(describeOption), screen),
  ];
  return {
    data: {
      commands: commands.map((command) => ({
        command: commandLine(command, componentType),
        usage: usage(command, componentType),
        summary: command.summary,
      })),
      ...(hasTypes ? { componentTypes } : {}),
    },
    text: sections.filter((text) => text !== '').join('\n\n'),
  };
}

function describeOption([name, option]: readonly [string, OptionDescription]): readonly string[] {
  const { short, value, summary, isRequired, isRepeatable } = option;
  const marks = [isRequired ? 'required' : '', isRepeatable ? 'may be repeated' : ''].filter((mark) => mark !== '');
  return [
    `--${name}${value === undefined ? '' : `=${value}`}${short === undefined ? '' : `, -${short}`}`,
    `${summary}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`,
  ];
}

function furtherSection({ title, options }: FurtherOptions, screen: Screen): string {
  if (options.length === 0) return `${title}: none.`;
  const rows = options.map((option) => {
    const marks = [
      option.isRequired ? 'required' : '',
      option.isSecret ? 'secret' : '',
      option.default === undefined ? '' : `default ${JSON.stringify(option.default)}`,
    ].filter((mark) => mark !== '');
    return [`  ${option.option}`, option.type, marks.join(', '), option.description];
  });
  return `${screen.paint('heading', `${title}:`)}\n${renderRows(rows, screen)}`;
}

function section(title: string, rows: readonly (readonly string[])[], screen: Screen): string {
  if (rows.length === 0) return '';
  return `${screen.paint('heading', `${title}:`)}\n${renderRows(
    rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]),
    screen,
  )}`;
}
