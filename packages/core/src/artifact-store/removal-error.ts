import { type Problem, StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import type { RemovalFailure } from './requests.ts';

/** So many keys are named in the message; all of them are among the problems. */
const shownKeys = 10;

/** The error for objects that could not be removed: that of the only one, or one that names them. */
export function removalError(failures: readonly RemovalFailure[], component: { toString(): string }): unknown {
  const [first] = failures;
  if (first === undefined || failures.length === 1) return first?.error;
  const problems = failures.map(({ key, error }): Problem => {
    const message = isError(error) ? error.message : String(error);
    return { path: key, message, ...(StackError.is(error) && { code: error.code }) };
  });
  const shown = problems.slice(0, shownKeys).map(({ message }) => `  ${message}`);
  if (problems.length > shownKeys) shown.push(`  ... and ${problems.length - shownKeys} more`);
  return new StackError({
    code: StackError.is(first.error) ? first.error.code : 'UNAVAILABLE',
    message: `${failures.length} objects in the ${component} could not be removed:\n${shown.join('\n')}`,
    problems,
    cause: first.error,
  });
}
