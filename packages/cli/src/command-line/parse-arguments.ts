import { didYouMean, type Problem, StackError } from '@stack/core/errors';
import type { CommandArguments, CommandDescription, FurtherOptions, OptionDescription } from './command.ts';
import { commonOptions } from './common-options.ts';

export interface ParsedArguments extends CommandArguments {
  readonly problems: readonly Problem[];
}

/**
 * Reads what follows the words of a command. `parseArgs` of Node wants to know all options before it starts, and those
 * of a flavor are known only once `--flavor` is read: hence this.
 *
 * @param further what the command takes beyond its own options, as far as that is known yet
 */
export function parseArguments(
  command: CommandDescription,
  words: readonly string[],
  further?: FurtherOptions,
): ParsedArguments {
  const known: Readonly<Record<string, OptionDescription>> = { ...commonOptions, ...command.options };
  const shortNames = new Map(Object.entries(known).map(([name, { short }]) => [short, name]));
  const positionals: string[] = [];
  const options = new Map<string, (string | true)[]>();
  const furtherOptions: [string, string | true][] = [];
  const problems: Problem[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') positionals.push(...rest.splice(0));
    else if (!word.startsWith('-') || word === '-') positionals.push(word);
    else {
      const long = /^-[^-]$/.test(word) ? shortNames.get(word.slice(1)) : undefined;
      const [, name = '', assigned] = /^--?([^=]*)(?:=(.*))?$/s.exec(long === undefined ? word : `--${long}`) ?? [];
      const description = Object.hasOwn(known, name) ? known[name] : undefined;
      const isFurther = description === undefined && command.furtherOptions !== undefined && word.startsWith('--');
      const isFlag = isFurther ? further?.isFlag(name) : description?.value === undefined;
      const value = assigned ?? (isFlag === true || isOptionWord(rest[0]) ? true : (rest.shift() ?? true));
      if (isFurther) furtherOptions.push([name, value]);
      else if (description === undefined) problems.push(unknownOption(word, name, known));
      else {
        const problem = valueProblem(name, description, value);
        if (problem !== undefined) problems.push(problem);
        const given = options.get(name) ?? [];
        if (given.length > 0 && description.isRepeatable !== true && description.value !== undefined) {
          problems.push({ path: name, message: `the option --${name} is given twice` });
        }
        options.set(name, [...given, value]);
      }
    }
  }
  problems.push(...positionalProblems(command, positionals), ...missingOptions(known, options));
  return { positionals, options, furtherOptions, problems };
}

/** What is wrong with options where there is no whole command, which take those of every command alone. */
export function commonOptionProblems(words: readonly string[]): Problem[] {
  return words
    .filter((word) => word.startsWith('-') && word !== '-h')
    .map((word) => ({ word, name: word.replace(/^--?|=.*$/gs, '') }))
    .filter(({ name }) => !Object.hasOwn(commonOptions, name))
    .map(({ word, name }) => unknownOption(word, name, commonOptions));
}

/** The error for arguments that do not fit a command. */
export function argumentsError(usageLine: string, problems: readonly Problem[]): StackError {
  const onlyProblem = problems.length === 1 ? problems[0] : undefined;
  const codes = new Set(problems.map(({ code }) => code));
  const [code] = codes.size === 1 ? codes : [];
  const lines = problems.map(({ message, hint }) => (onlyProblem || !hint ? message : `${message}. ${hint}`));
  return new StackError({
    code: code ?? 'ARGUMENT_INVALID',
    message: lines.length === 1 ? `${lines[0]}.`.replace(/^./, (first) => first.toUpperCase()) : lines.join('\n'),
    hint: onlyProblem?.hint ?? `Usage: ${usageLine}`,
    problems,
  });
}

/** Whether a word is an option, and so no value of the one before it. */
export function isOptionWord(word: string | undefined): boolean {
  // A negative number is a value.
  return word === undefined || (/^-./.test(word) && !/^-\.?\d/.test(word));
}

function unknownOption(word: string, name: string, known: Readonly<Record<string, OptionDescription>>): Problem {
  const names = Object.keys(known).map((option) => `--${option}`);
  return {
    path: name,
    code: 'OPTION_UNKNOWN',
    message: `there is no option ${word.replace(/=.*$/s, '')}`,
    hint: didYouMean(`--${name}`, names) ?? `It takes ${names.join(', ')}.`,
  };
}

function valueProblem(
  name: string,
  { value: placeholder }: OptionDescription,
  value: string | true,
): Problem | undefined {
  if (placeholder === undefined && value !== true) {
    return { path: name, message: `the option --${name} takes no value`, hint: `Write --${name} alone.` };
  }
  if (placeholder !== undefined && (value === true || value === '')) {
    return { path: name, message: `the option --${name} needs a value`, hint: `Write --${name}=${placeholder}.` };
  }
  return undefined;
}

function positionalProblems({ positionals: declared = [] }: CommandDescription, given: readonly string[]): Problem[] {
  const missing = declared
    .filter(({ isOptional }, index) => isOptional !== true && given[index] === undefined)
    .map(({ name }): Problem => ({ path: name, code: 'OPTION_MISSING', message: `the argument ${name} is missing` }));
  const takesAll = declared.at(-1)?.isRepeatable === true;
  const surplus = given
    .slice(takesAll ? given.length : declared.length)
    .map((word): Problem => ({ path: '', message: `the argument ${JSON.stringify(word)} is one too many` }));
  return [...missing, ...surplus];
}

function missingOptions(
  known: Readonly<Record<string, OptionDescription>>,
  given: ReadonlyMap<string, unknown>,
): Problem[] {
  return Object.entries(known)
    .filter(([name, { isRequired }]) => isRequired === true && !given.has(name))
    .map(([name]) => ({ path: name, code: 'OPTION_MISSING', message: `the option --${name} is missing` }));
}
