import { extname } from 'node:path';
import { isPlainObject, type JsonValue, maximumDepth, StackError } from '@stack/core';
import { readTextFile } from './read-text-file.ts';

/** More than any real document has, and few enough that a hostile one costs nothing. */
const maximumAliases = 100;

/**
 * Reads a file of YAML, or of JSON when its name ends in `.json`, as a JSON value. YAML aliases, the depth of nesting
 * and the size (4 MiB) are bounded; several documents, unknown tags and keys given twice are refused.
 *
 * @throws FILE_NOT_FOUND, ACCESS_DENIED
 * @throws ARGUMENT_INVALID when it is no text file
 * @throws CONFIG_INVALID with line and column, where the parser tells them
 */
export async function readDocument(file: string): Promise<JsonValue> {
  return parseDocument(await readTextFile(file), file);
}

/**
 * The same for a text.
 *
 * @param file names it in messages; `.json` at its end means JSON
 */
export async function parseDocument(text: string, file: string): Promise<JsonValue> {
  const fail: Fail = (reason, cause) => {
    throw new StackError({
      code: 'CONFIG_INVALID',
      message: `${file} cannot be read: ${reason}.`,
      hint: 'Mend the document and give it again.',
      cause,
    });
  };
  const value = extname(file) === '.json' ? parseJson(text, fail) : await parseYaml(text, fail);
  checkValue(value, fail);
  return value;
}

type Fail = (reason: string, cause?: unknown) => never;

function parseJson(text: string, fail: Fail): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Node's message may quote the text, and so a secret in it.
    const [where = 'it is no JSON'] = / at position \d+ \(line \d+ column \d+\)/.exec((error as Error).message) ?? [];
    return fail(where.replace(/^ at/, 'it is no JSON at'), error);
  }
}

async function parseYaml(text: string, fail: Fail): Promise<unknown> {
  // Loaded here, since most commands read no document.
  const { Lexer, Parser, parseDocument: parse } = await import('yaml');
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    // Before it is composed, since that recurses. Below a value are its document and, in a list, an item.
    if (parser.stack.length > 2 * maximumDepth) fail(tooDeep);
  }
  const document = parse(text, { stringKeys: true, logLevel: 'error' });
  const [problem] = [...document.errors, ...document.warnings];
  // The lines after the first show the text, and so a secret in it.
  if (problem !== undefined) fail((problem.message.split('\n')[0] ?? '').replace(/:$/, ''), problem);
  try {
    return document.toJS({ maxAliasCount: maximumAliases });
  } catch (error) {
    return fail((error as Error).message, error);
  }
}

const tooDeep = `it is nested more than ${maximumDepth} levels deep`;

/** An alias in what it stands for makes a value without an end: it is too deep too. */
function checkValue(value: unknown, fail: Fail, depth = 0): asserts value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (!Array.isArray(value) && !isPlainObject(value)) fail(`it has a value that JSON cannot hold, ${String(value)}`);
  if (depth === maximumDepth) fail(tooDeep);
  for (const item of Object.values(value as object)) checkValue(item, fail, depth + 1);
}
