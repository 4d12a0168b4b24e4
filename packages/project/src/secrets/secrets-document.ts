import { isPlainObject, type JsonValue, type Problem, StackError, type StoredSecret } from '@stack/core';

/** The values of a secret in clear, by key. */
export type SecretValues = Readonly<Record<string, string>>;

/**
 * Reads the values of one secret: an object of texts.
 *
 * @param subject what the document is called in messages
 * @throws CONFIG_INVALID with every problem, none of which shows a value
 */
export function parseSecretValues(document: JsonValue, subject: string): SecretValues {
  const problems = valuesProblems(document, []);
  if (problems.length > 0) throw documentError(subject, problems);
  return document as SecretValues;
}

/** The same for several secrets: `{ name: { key: value } }`. */
export function parseSecrets(document: JsonValue, subject: string): Readonly<Record<string, SecretValues>> {
  const problems = isPlainObject(document)
    ? Object.entries(document).flatMap(([name, values]) => valuesProblems(values, [name]))
    : [{ path: '', message: 'it is not an object of secrets by name', hint: secretsForm }];
  if (problems.length > 0) throw documentError(subject, problems);
  return document as Readonly<Record<string, SecretValues>>;
}

/** The same as a text: JSON for a file that ends in `.json`, else YAML. The values are in clear. */
export async function formatSecrets(
  secrets: readonly Pick<StoredSecret, 'name' | 'values'>[],
  file: string,
): Promise<string> {
  const document = Object.fromEntries(
    secrets.map(({ name, values }) => [
      name,
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()])),
    ]),
  );
  if (file.endsWith('.json')) return `${JSON.stringify(document, undefined, 2)}\n`;
  // Loaded here, since most commands write no document.
  const { stringify } = await import('yaml');
  return stringify(document);
}

const secretsForm = 'Write each secret by its name, and below it each value by its key, e.g. db: { password: "..." }';

function valuesProblems(values: unknown, path: readonly string[]): Problem[] {
  if (!isPlainObject(values)) {
    const message = `${path.length === 0 ? 'it' : 'the secret'} is not an object of values by key`;
    return [{ path: path.join('.'), message, hint: 'Write each value by its key, e.g. password: "..."' }];
  }
  return Object.entries(values).flatMap(([key, value]): Problem[] => {
    if (typeof value === 'string') return [];
    const kind = value === null ? 'empty' : Array.isArray(value) ? 'a list' : `of the type ${typeof value}`;
    const isQuotable = typeof value === 'number' || typeof value === 'boolean';
    const hint = isQuotable ? 'Put it in quotes, so that it stays as it is written.' : 'Write a text.';
    return [{ path: [...path, key].join('.'), message: `the value is ${kind}, and a secret holds texts`, hint }];
  });
}

function documentError(subject: string, problems: readonly Problem[]): StackError {
  const [first] = problems;
  return new StackError({
    code: 'CONFIG_INVALID',
    message: `${subject} does not hold secrets: ${problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}.`,
    hint: first?.hint,
    problems,
  });
}
