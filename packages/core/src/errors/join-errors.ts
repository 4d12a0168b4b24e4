import { type Problem, StackError } from './stack-error.ts';

/** One error for several that have nothing to do with each other, so that all can be mended at once. One alone is itself. */
export function joinErrors(errors: readonly [StackError, ...StackError[]]): StackError {
  const [first, ...others] = errors;
  if (others.length === 0) return first;
  return new StackError({
    code: others.every(({ code }) => code === first.code) ? first.code : 'CONFIG_INVALID',
    message: errors.map(describe).join('\n'),
    problems: errors.flatMap(problemsOf),
  });
}

/** The hint of an error with one problem is in its message already. */
function describe({ message, hint, problems }: StackError): string {
  return hint === undefined || problems.length > 0 ? message : `${message} ${hint}`;
}

function problemsOf({ code, message, hint, problems }: StackError): readonly Problem[] {
  if (problems.length > 0) return problems.map((problem) => ({ code, ...problem }));
  return [{ path: '', message, code, ...(hint === undefined ? {} : { hint }) }];
}
