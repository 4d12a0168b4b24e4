import { configError, optionName, type Problem, StackError } from '@stack/core';
import type { ComponentRecord } from '@stack/store';

/** The error for a stored component that its installed flavor does not take, with the command that mends it. */
export function storedConfigError(
  component: ComponentRecord,
  problems: readonly Problem[],
  cause?: unknown,
): StackError {
  const { type, name, flavor, isProtected } = component;
  const options = problems.map(({ path, code }) =>
    code === 'OPTION_UNKNOWN' ? `--remove-attribute=${path}` : `${optionName(fieldOf(path))}=VALUE`,
  );
  const update = `stack ${type} update ${name} ${[...new Set(options)].join(' ')}`;
  return new StackError({
    code: 'CONFIG_INVALID',
    message: `${configError(`${type} "${name}"`, problems).message}\nThe flavor ${type}/${flavor} took it when it was stored.`,
    hint: isProtected
      ? `It is one that every project has, and cannot be changed: use a version of the flavor ${type}/${flavor} that takes it.`
      : `Mend it: ${update}`,
    problems,
    cause,
  });
}

/** An option sets a field of an object; items of a list are set with the list. */
function fieldOf(path: string): string {
  return path.replace(/\.\d+(\..*)?$/, '');
}
