import type { CommandDescription } from './command.ts';

/** The words that are typed for a command, the program's name included. */
export function commandLine({ words }: CommandDescription, componentType?: string): string {
  // The program is called stack, so the commands for stacks need not say so again.
  const typed = words[0] === 'stack' ? words.slice(1) : words;
  return ['stack', ...typed].map((word) => (word === '<type>' ? (componentType ?? word) : word)).join(' ');
}

/** The one-line form of a command with its arguments. */
export function usage(command: CommandDescription, componentType?: string): string {
  const positionals = (command.positionals ?? []).map(({ name, isOptional, isRepeatable }) => {
    const shown = isRepeatable ? `${name}...` : name;
    return isOptional ? `[${shown}]` : shown;
  });
  const required = Object.entries(command.options ?? {})
    .filter(([, { isRequired }]) => isRequired)
    .map(([name, { value }]) => `--${name} ${value}`);
  const optional = Object.entries(command.options ?? {}).some(([, { isRequired }]) => !isRequired) ? ['[options]'] : [];
  const further = command.furtherOptions === undefined ? [] : ['[--key=value ...]'];
  return [commandLine(command, componentType), ...positionals, ...required, ...optional, ...further].join(' ');
}
