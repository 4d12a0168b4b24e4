import { maskSecrets } from '@stack/core/secrets';

/** Masks secrets in the warnings of the process, such as Node's of a URL with a password, before Node prints them. */
export function maskWarnings(): void {
  process.prependListener('warning', (warning: Error & { detail?: unknown }) => {
    warning.message = maskSecrets(warning.message);
    if (warning.stack !== undefined) warning.stack = maskSecrets(warning.stack);
    if (typeof warning.detail === 'string') warning.detail = maskSecrets(warning.detail);
  });
}
