import { componentTypeProperty, listComponentTypes } from '@stack/core/manifest';
import type { CommandDescription, Completion, FurtherOptions, OptionDescription } from '../command-line/command.ts';
import { commonOptions } from '../command-line/common-options.ts';
import { type FoundCommands, findCommands } from '../command-line/find-command.ts';
import { Invocation } from '../command-line/invocation.ts';
import { isOptionWord, parseArguments } from '../command-line/parse-arguments.ts';
import { discoverComponentTypes } from '../discover-component-types.ts';
import type { Candidate, Candidates } from './candidate.ts';
import { completeNames, completeSecretKeys } from './complete-names.ts';

interface Context {
  readonly workingDirectory: string;
  readonly componentType: string;
  /** What was typed after the words of the command. */
  readonly positionals: readonly string[];
}

/**
 * What the last word of a command line can become. Nothing of an integration or of the project runs, and nothing is
 * changed.
 *
 * @param words what was typed after the program's name; the last may be empty
 */
export async function completeCommandLine(words: readonly string[], workingDirectory: string): Promise<Candidates> {
  discoverComponentTypes(workingDirectory);
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? '';
  const candidates = await complete(before, typed, workingDirectory);
  return candidates === 'files' ? candidates : candidates.filter(({ word }) => word.startsWith(typed));
}

async function complete(before: readonly string[], typed: string, workingDirectory: string): Promise<Candidates> {
  const found = findCommands(before, typeNames());
  const [command] = found.commands;
  if (!found.isComplete || command === undefined) {
    return typed.startsWith('-') ? optionNames(commonOptions) : nextWords(found);
  }
  const componentType = found.componentType ?? '';
  const further = await readFurtherOptions(command, found.rest, { workingDirectory, componentType });
  const { positionals, options } = parseArguments(command, found.rest, further);
  const context = { workingDirectory, componentType, positionals };
  if (found.rest.includes('--')) return completePositional(command, context);

  const [, assignedTo] = /^--([^=]+)=/.exec(typed) ?? [];
  if (assignedTo !== undefined) {
    const values = await completeOption(command, further, assignedTo, context);
    return values === 'files' ? values : values.map(({ word, note }) => ({ word: `--${assignedTo}=${word}`, note }));
  }
  const last = found.rest.at(-1) ?? '';
  if (!isOptionWord(typed) && takesNextWord(command, further, last)) {
    return completeOption(command, further, last.slice(2), context);
  }
  if (typed.startsWith('-')) {
    const own = Object.entries({ ...command.options, ...commonOptions });
    const open = own.filter(([name, { isRepeatable }]) => isRepeatable === true || !options.has(name));
    const more = (further?.options ?? []).map(({ option, description }) => ({ word: option, note: description }));
    return [...optionNames(Object.fromEntries(open)), ...more];
  }
  return completePositional(command, context);
}

/** The words that may follow those of the beginning of a command. */
function nextWords({ commands, depth }: FoundCommands): Candidate[] {
  const words = new Map<string, string>();
  for (const command of commands) {
    // The commands for stacks are typed without their first word.
    const position = depth === 0 && command.words[0] === 'stack' ? 1 : depth;
    const word = command.words[position] ?? '';
    const isLast = position === command.words.length - 1;
    if (word === '<type>') for (const { name, description } of listComponentTypes()) words.set(name, description);
    else if (isLast || !words.has(word)) words.set(word, isLast ? command.summary : '');
  }
  return [...words].map(([word, note]) => ({ word, note }));
}

function optionNames(options: Readonly<Record<string, OptionDescription>>): Candidate[] {
  return Object.entries(options).map(([name, { summary }]) => ({ word: `--${name}`, note: summary }));
}

async function readFurtherOptions(
  command: CommandDescription,
  rest: readonly string[],
  context: Omit<Context, 'positionals'>,
): Promise<FurtherOptions | undefined> {
  if (command.furtherOptions?.loads !== 'manifests') return undefined;
  const { furtherOptions } = await command.furtherOptions.load();
  const screen = { width: undefined, paint: (_tone: string, text: string) => text };
  return furtherOptions(new Invocation(command, parseArguments(command, rest), { ...context, screen }));
}

/** Whether a word is an option whose value is the word after it. */
function takesNextWord(command: CommandDescription, further: FurtherOptions | undefined, word: string): boolean {
  if (!word.startsWith('--') || word.includes('=')) return false;
  const name = word.slice(2);
  const own = { ...command.options, ...commonOptions };
  if (Object.hasOwn(own, name)) return own[name]?.value !== undefined;
  return further !== undefined && !further.isFlag(name);
}

function completeOption(
  command: CommandDescription,
  further: FurtherOptions | undefined,
  name: string,
  context: Context,
): Promise<Candidates> {
  const own = command.options !== undefined && Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  const option = own ?? further?.options.find((candidate) => sameOption(candidate.option, name));
  return completeValue(option?.completion, [], context);
}

/** `--max-retries` may be written `--maxRetries` too. */
function sameOption(option: string, name: string): boolean {
  return componentTypeProperty(option.slice(2)) === componentTypeProperty(name);
}

function completePositional({ positionals: declared = [] }: CommandDescription, context: Context): Promise<Candidates> {
  const given = context.positionals;
  const last = declared.at(-1);
  const positional = declared[given.length] ?? (last?.isRepeatable === true ? last : undefined);
  return completeValue(positional?.completion, given.slice(declared.length - 1), context);
}

/** @param given the values of the same argument that stand before */
async function completeValue(
  completion: Completion | undefined,
  given: readonly string[],
  { componentType, workingDirectory, positionals }: Context,
): Promise<Candidates> {
  if (completion === undefined) return [];
  if (completion === 'files') return completion;
  if (completion === 'component-types') {
    return listComponentTypes().map(({ name, description }) => ({ word: name, note: description }));
  }
  if (completion === 'commands') return nextWords(findCommands(given, typeNames()));
  if (typeof completion === 'object') {
    if ('words' in completion) return completion.words.map((word) => ({ word, note: '' }));
    return completeNames('components', { componentType: completion.componentType, workingDirectory });
  }
  if (completion === 'secret-keys') return completeSecretKeys(positionals[0] ?? '', workingDirectory);
  return completeNames(completion, { componentType, workingDirectory });
}

function typeNames(): string[] {
  return listComponentTypes().map(({ name }) => name);
}
