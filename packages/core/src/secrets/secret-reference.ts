import { StackError } from '../errors/index.ts';

/** Points at one key of a named secret; written `{{name.key}}` as the whole value of a string. */
export interface SecretReference {
  readonly name: string;
  readonly key: string;
}

/** What the name of a secret is. It has no dot, which would be taken for the one before the key. */
export const secretNamePattern = '[A-Za-z0-9][A-Za-z0-9_-]{0,99}';
/** What a key of a secret is. */
export const secretKeyPattern = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}';

const referencePattern = new RegExp(`^\\{\\{\\s*(${secretNamePattern})\\.(${secretKeyPattern})\\s*\\}\\}$`);
const escapedPattern = /^\\+\{\{.*\}\}$/s;

/** Whether a text stands in double braces as a whole: then it is a reference, or nothing that Stack takes. */
export function isBraced(text: string): boolean {
  return text.startsWith('{{') && text.endsWith('}}');
}

/**
 * The reference that a value is, or `undefined` for any other value. A text in double braces that is to be taken as it
 * is has a `\` before it: `\{{name.key}}`.
 *
 * @throws SECRET_REFERENCE_INVALID for a text in double braces that does not name a secret and a key
 */
export function parseSecretReference(value: unknown): SecretReference | undefined {
  if (typeof value !== 'string' || !isBraced(value)) return undefined;
  const [, name, key] = referencePattern.exec(value) ?? [];
  if (name === undefined || key === undefined) {
    throw new StackError({
      code: 'SECRET_REFERENCE_INVALID',
      message: `${JSON.stringify(value)} is not a secret reference.`,
      hint: 'Write {{name.key}}: the name of a secret, a dot, and one of its keys. A text that is none has a "\\" before it.',
    });
  }
  return { name, key };
}

/** A text without the first of the `\` that keep it from being a reference. */
export function unescapeReference(text: string): string {
  return escapedPattern.test(text) ? text.slice(1) : text;
}

/** The text of a reference: `{{name.key}}`. */
export function formatSecretReference({ name, key }: SecretReference): string {
  return `{{${name}.${key}}}`;
}
