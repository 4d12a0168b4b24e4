import { didYouMean, type Problem, StackError } from '@stack/core/errors';
import { listStackTypes, type Option } from '@stack/core/manifest';
import { discoverComponentTypes } from '../discover-component-types.ts';
import type { FurtherOptions } from './command.ts';
import type { Invocation } from './invocation.ts';

/**
 * The options that name the components of a stack: one for each component type.
 *
 * @param needsAll whether the required types have to be given
 */
export function componentOptions(
  { workingDirectory }: Invocation,
  { needsAll }: { readonly needsAll: boolean },
): FurtherOptions {
  discoverComponentTypes(workingDirectory);
  return {
    title: 'Components, by name',
    options: listStackTypes().map(({ name, label, required, multiple }) => ({
      option: `--${name}`,
      type: 'name',
      description: `Its ${label}.${multiple ? ' May be repeated; the first is the default.' : ''}`,
      isRequired: needsAll && required,
      isSecret: false,
      completion: { componentType: name },
    })),
    isFlag: () => false,
  };
}

/**
 * Reads `--artifact-store NAME` and its like: the names, by component type.
 *
 * @throws OPTION_UNKNOWN, ARGUMENT_INVALID with every problem
 */
export function readComponents(options: readonly Option[]): Record<string, string[]> {
  const types = listStackTypes().map((type) => type.name);
  const components: Record<string, string[]> = {};
  const problems: Problem[] = [];
  for (const [type, name] of options) {
    if (!types.includes(type)) problems.push(unknownType(type, types));
    else if (name === true || name === '') {
      problems.push({ path: type, message: `the option --${type} needs the name of a component` });
    } else components[type] = [...(components[type] ?? []), name];
  }
  if (problems.length === 0) return components;
  const isUnknown = problems.every(({ code }) => code === 'OPTION_UNKNOWN');
  throw new StackError({
    code: isUnknown ? 'OPTION_UNKNOWN' : 'ARGUMENT_INVALID',
    message: problems.map(({ message }) => `${message}.`.replace(/^./, (first) => first.toUpperCase())).join('\n'),
    hint: problems.find(({ hint }) => hint !== undefined)?.hint,
    problems,
  });
}

/** The same, for a command that is about nothing without them. @throws OPTION_MISSING */
export function requireComponents(options: readonly Option[]): Record<string, string[]> {
  const components = readComponents(options);
  if (Object.keys(components).length > 0) return components;
  const names = listStackTypes().map(({ name }) => `--${name}`);
  throw new StackError({
    code: 'OPTION_MISSING',
    message: 'No component is given.',
    hint: `Give components by ${names.join(', ')}.`,
  });
}

function unknownType(type: string, types: readonly string[]): Problem {
  const known = types.map((name) => `--${name}`);
  return {
    path: type,
    code: 'OPTION_UNKNOWN',
    message: `there is no option --${type}`,
    hint: didYouMean(`--${type}`, known) ?? `Its components are given by ${known.join(', ')}.`,
  };
}
