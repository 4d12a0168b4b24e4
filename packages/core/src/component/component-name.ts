import { StackError } from '../errors/index.ts';

const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

/**
 * Checks the name of something that people name: 1 to 100 letters, digits, `.`, `_` and `-`, the first and the last a
 * letter or digit.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkName(
  kind:
    | 'component'
    | 'stack'
    | 'pipeline'
    | 'step'
    | 'step output'
    | 'visualization'
    | 'materializer'
    | 'run'
    | 'artifact'
    | 'artifact tag',
  name: string,
): void {
  if (namePattern.test(name)) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `${JSON.stringify(name)} cannot be the name of ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}.`,
    hint: 'Use 1 to 100 letters, digits, ".", "_" and "-", the first and the last a letter or digit.',
  });
}
