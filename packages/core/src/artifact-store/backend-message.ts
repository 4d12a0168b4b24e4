import { isError } from '../errors/is-error.ts';

/**
 * What a backend said, fit to be shown: URLs lose what may be a credential, their user info and query. `StackError` masks
 * the secrets that are known.
 */
export function backendMessage(text: string): string {
  return text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>@]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi, '$1$2');
}

/** The same for an error as the cause of another one: its name, message, stack and code, and nothing else of it. */
export function backendCause(error: unknown): unknown {
  if (!isError(error)) return typeof error === 'string' ? backendMessage(error) : error;
  const cause = new Error(backendMessage(error.message));
  cause.name = error.name;
  if (error.stack !== undefined) cause.stack = backendMessage(error.stack);
  return 'code' in error && typeof error.code === 'string' ? Object.assign(cause, { code: error.code }) : cause;
}
