import { didYouMean, StackError } from '@stack/core/errors';
import type { CommandDescription } from './command.ts';
import { commands } from './command-table.ts';

/** A command, or several when only the beginning of their words was typed. */
export interface FoundCommands {
  readonly commands: readonly CommandDescription[];
  /** Whether the words were those of one command, to their end. */
  readonly isComplete: boolean;
  /** How many words of the command were typed; those of a stack's command count from the word "stack". */
  readonly depth: number;
  /** The word in the place of `<type>`; `undefined` where none was typed. */
  readonly componentType: string | undefined;
  /** What was typed after the words. */
  readonly rest: readonly string[];
}

/**
 * Finds the command that a command line begins with.
 *
 * @param componentTypes the names that may stand in the place of `<type>`
 * @throws COMMAND_UNKNOWN with the nearest words
 */
export function findCommands(commandLine: readonly string[], componentTypes: readonly string[]): FoundCommands {
  // Flags may stand before the words: `stack --json status`.
  const start = commandLine.findIndex((word) => !word.startsWith('-'));
  const flags = start < 0 ? commandLine : commandLine.slice(0, start);
  const typed = start < 0 ? [] : commandLine.slice(start);
  let candidates: readonly CommandDescription[] = commands;
  let componentType: string | undefined;
  let depth = 0;
  const [firstWord] = typed;
  const isShort =
    firstWord !== undefined && commands.some(({ words }) => words[0] === 'stack' && words[1] === firstWord);
  const words = isShort ? ['stack', ...typed] : [...typed];
  for (; depth < words.length; depth++) {
    const word = words[depth] ?? '';
    if (candidates.some((command) => command.words.length === depth) || word.startsWith('-')) break;
    const exact = candidates.filter((command) => command.words[depth] === word);
    const typedByComponent = candidates.filter((command) => command.words[depth] === '<type>');
    // Commands of one type alone stand beside those of all types: `secret-store set`.
    if (typedByComponent.length > 0 && componentTypes.includes(word)) {
      candidates = [...typedByComponent, ...exact];
      componentType = word;
    } else if (exact.length > 0) candidates = exact;
    else throw unknownCommand(typed.slice(0, depth + 1 - (isShort ? 1 : 0)), depth, candidates, componentTypes);
  }
  // A type that is called like a command does not hide it.
  const own = candidates.filter((command) => command.words.length === depth && command.words[0] !== '<type>');
  if (own.length > 0) candidates = own;
  const isComplete = candidates.length === 1 && candidates[0]?.words.length === depth;
  return { commands: candidates, isComplete, depth, componentType, rest: [...flags, ...words.slice(depth)] };
}

function unknownCommand(
  typed: readonly string[],
  depth: number,
  candidates: readonly CommandDescription[],
  componentTypes: readonly string[],
): StackError {
  const possible = candidates.flatMap(({ words }) =>
    words[depth] === '<type>' ? componentTypes : [words[depth] ?? ''],
  );
  const short =
    depth === 0 ? candidates.filter(({ words }) => words[0] === 'stack').map(({ words }) => words[1] ?? '') : [];
  const before = ['stack', ...typed.slice(0, -1)].join(' ');
  return new StackError({
    code: 'COMMAND_UNKNOWN',
    message: `There is no command "${['stack', ...typed].join(' ')}".`,
    hint: `${didYouMean(typed.at(-1) ?? '', new Set([...possible, ...short])) ?? ''} See: ${before} --help`.trim(),
  });
}
