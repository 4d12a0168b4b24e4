import { resolve } from 'node:path';
import type { Problem, StackError } from '@stack/core/errors';
import type { Option } from '@stack/core/manifest';
import { addMaskedValue } from '@stack/core/secrets';
import { parseDocument, parseSecretValues, readDocument, type SecretValues } from '@stack/project';
import type { Invocation } from '../command-line/invocation.ts';
import { argumentsError } from '../command-line/parse-arguments.ts';
import { readOptionFiles } from '../command-line/read-option-files.ts';
import { askSecret, canAsk } from './ask-secret.ts';
import { readStandardInput } from './read-standard-input.ts';
import { isTyped, typedWarnings } from './typed-values.ts';

export interface ReadSecretValues {
  readonly values: SecretValues;
  /** That values were typed, where the history of the shell keeps them. */
  readonly warnings: readonly StackError[];
}

/**
 * The values that a command line gives a secret: `--KEY=VALUE`, `--KEY=@FILE`, `--KEY=-` for standard input, a bare
 * `--KEY` that asks for it, and `--values FILE` for several.
 *
 * @throws ARGUMENT_INVALID for a key that is given twice, and for several that want standard input
 * @throws OPTION_MISSING where somebody is to be asked, and nobody is there
 * @throws CONFIG_INVALID for a file that does not hold texts by key, and what reading files throws
 */
export async function readSecretValues(invocation: Invocation): Promise<ReadSecretValues> {
  const options = givenValues(invocation);
  const file = invocation.option('values');
  const problems = findProblems(options, file, !invocation.isJson && canAsk());
  if (problems.length > 0) throw argumentsError(invocation.usage, problems);
  const inFile = file === undefined ? {} : await readValuesFile(file, invocation);
  const twice = options.filter(([key]) => Object.hasOwn(inFile, key)).map(([key]) => givenTwice(key));
  if (twice.length > 0) throw argumentsError(invocation.usage, twice);
  const values = new Map(Object.entries(inFile));
  for (const option of options) values.set(option[0], await readValue(option, invocation));
  // Whatever becomes of them, nothing shows them from here on.
  for (const value of values.values()) addMaskedValue(value);
  return {
    values: Object.fromEntries(values),
    warnings: typedWarnings(
      options,
      (key) => `Spare it: --${key} alone asks for the value, --${key}=@FILE and --${key}=- read it.`,
    ),
  };
}

/** Masks the values that were typed, before anything is said about the words of a command that takes them. */
export function maskTypedValues(invocation: Invocation): void {
  const texts = invocation.furtherOptions.map(([, value]) => value).filter((value) => value !== true);
  // A value of `--set` that is no pair may be one too.
  const pairs = invocation.optionValues('set').flatMap((text) => [text, text.slice(text.indexOf('=') + 1)]);
  for (const text of [...texts, ...pairs, ...invocation.surplus]) if (isTyped(text)) addMaskedValue(text);
}

/** `true` stands for a value that is to be asked for. */
function givenValues(invocation: Invocation): readonly Option[] {
  const asked = invocation.optionValues('prompt').map((key): Option => [key, true]);
  return [...invocation.furtherOptions, ...invocation.optionPairs('set'), ...asked];
}

/** What is wrong with the options, before any is read. */
function findProblems(options: readonly Option[], file: string | undefined, asks: boolean): readonly Problem[] {
  const keys = options.map(([key]) => key);
  const repeated = new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
  const problems: Problem[] = [...repeated].map(givenTwice);
  const readers = [
    ...options.filter(([, value]) => value === '-').map(([key]) => key),
    ...(file === '-' ? ['--values'] : []),
  ];
  if (readers.length > 1) {
    const message = `standard input is read to its end by one of ${readers.join(', ')}`;
    problems.push({ path: '', message, hint: 'Give the others by --KEY=@FILE.' });
  }
  for (const [key, value] of options) {
    if (value !== true || asks) continue;
    problems.push({
      path: key,
      code: 'OPTION_MISSING',
      message: `the value of ${key} is missing, and there is nobody to be asked for it`,
      hint: `Give it by --${key}=@FILE, or by --${key}=- from standard input.`,
    });
  }
  return problems;
}

async function readValue(option: Option, { workingDirectory }: Invocation): Promise<string> {
  const [key, value] = option;
  if (value === true) return askSecret(`${key}: `);
  if (value === '-') return withoutLastLineBreak(await readStandardInput(`the value of ${key}`));
  const [[, text] = option] = await readOptionFiles([option], workingDirectory);
  return String(text);
}

async function readValuesFile(file: string, { workingDirectory }: Invocation): Promise<SecretValues> {
  if (file !== '-') return parseSecretValues(await readDocument(resolve(workingDirectory, file)), file);
  const subject = 'standard input';
  return parseSecretValues(await parseDocument(await readStandardInput('values'), subject), subject);
}

function withoutLastLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function givenTwice(key: string): Problem {
  return { path: key, message: `the key ${key} is given twice`, hint: 'Give each key once.' };
}
