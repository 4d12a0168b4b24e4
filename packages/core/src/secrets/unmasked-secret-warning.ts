import { formatSecretReference, type SecretReference } from './secret-reference.ts';

const told = new Set<string>();

/** Emits a warning of the process, `SECRET_NOT_MASKED`, for a secret whose value is too short; once for each secret. */
export function warnOfUnmaskedSecret(reference: SecretReference): void {
  const text = formatSecretReference(reference);
  if (told.has(text)) return;
  told.add(text);
  process.emitWarning(`The value of ${text} has under 6 characters, so it is not masked where it is printed.`, {
    type: 'StackWarning',
    code: 'SECRET_NOT_MASKED',
    detail: 'Give the secret a longer value, or write the value where the reference stands if it is no secret.',
  });
}
