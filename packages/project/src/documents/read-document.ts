import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isPlainObject, StackError } from '@stack/core';

/** More than any real document has, and few enough that a hostile one costs nothing. */
const maximumAliases = 100;
const maximumDepth = 64;

/**
 * Reads a YAML or JSON file. YAML aliases and the depth of nesting are bounded.
 *
 * @throws MODULE_NOT_FOUND, ACCESS_DENIED
 * @throws CONFIG_INVALID with line and column of what does not parse
 */
export async function readDocument(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StackError({
      code: isMissing ? 'MODULE_NOT_FOUND' : 'ACCESS_DENIED',
      message: isMissing ? `There is no file ${file}.` : `The file ${file} cannot be read: ${(error as Error).message}`,
      cause: error,
    });
  }
  return parseDocument(text, file);
}

/** The same for a text; `file` names it in messages, and `.json` means JSON. */
export async function parseDocument(text: string, file: string): Promise<unknown> {
  const { parseDocument: parseYaml, LineCounter } = await import('yaml');
  const invalid = (message: string, cause?: unknown) =>
    new StackError({ code: 'CONFIG_INVALID', message: `${file} does not parse: ${message}`, cause });
  if (extname(file) === '.json') {
    try {
      return bounded(JSON.parse(text), invalid);
    } catch (error) {
      throw StackError.is(error) ? error : invalid((error as Error).message, error);
    }
  }
  try {
    const document = parseYaml(text, { lineCounter: new LineCounter(), prettyErrors: true });
    const [problem] = document.errors;
    if (problem !== undefined) throw invalid(problem.message.split('\n')[0] ?? '', problem);
    return bounded(document.toJS({ maxAliasCount: maximumAliases }), invalid);
  } catch (error) {
    throw StackError.is(error) ? error : invalid((error as Error).message, error);
  }
}

function bounded(value: unknown, invalid: (message: string) => StackError, depth = 0): unknown {
  if (depth > maximumDepth) throw invalid(`it is nested more than ${maximumDepth} levels deep`);
  if (Array.isArray(value)) for (const item of value) bounded(item, invalid, depth + 1);
  else if (isPlainObject(value)) for (const item of Object.values(value)) bounded(item, invalid, depth + 1);
  return value;
}
