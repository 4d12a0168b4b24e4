import { StackError } from '../errors/index.ts';

/** Points at one key of a named secret; written `{{name.key}}` as the whole value of a string. */
export interface SecretReference {
  readonly name: string;
  readonly key: string;
}

const referencePattern = /^\{\{\s*([A-Za-z0-9][A-Za-z0-9_-]*)\.([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*\}\}$/;

/**
 * The reference that a value is, or `undefined` for any other value.
 *
 * @throws SECRET_REFERENCE_INVALID for a text in double braces that does not name a secret and a key
 */
export function parseSecretReference(value: unknown): SecretReference | undefined {
  if (typeof value !== 'string' || !value.startsWith('{{') || !value.endsWith('}}')) return undefined;
  const [, name, key] = referencePattern.exec(value) ?? [];
  if (name === undefined || key === undefined) {
    throw new StackError({
      code: 'SECRET_REFERENCE_INVALID',
      message: `${JSON.stringify(value)} is not a secret reference.`,
      hint: 'Write {{name.key}}: the name of a secret, a dot, and one of its keys.',
    });
  }
  return { name, key };
}

/** The text of a reference: `{{name.key}}`. */
export function formatSecretReference({ name, key }: SecretReference): string {
  return `{{${name}.${key}}}`;
}
