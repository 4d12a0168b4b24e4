import { isPlainObject, type SettingsBySelector, StackError } from '@stack/core';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import { deepFreeze } from '../pipeline/deep-freeze.ts';

/**
 * A frozen copy of the settings that a step or pipeline is defined with. Which components they are for, and whether
 * their values fit, is checked on each stack.
 *
 * @param subject what they are of, for the message, e.g. `step "train"`
 * @throws ARGUMENT_INVALID for settings that are not JSON, or no objects by selector
 */
export function settingsInCode(settings: SettingsBySelector = {}, subject: string): SettingsBySelector {
  const problems = [
    ...inspectJson(settings).problems,
    ...Object.keys(settings)
      .filter((selector) => settings[selector] !== undefined && !isPlainObject(settings[selector]))
      .map((selector) => ({ path: selector, message: 'is no object of settings' })),
  ];
  if (problems.length === 0) return deepFreeze(JSON.parse(JSON.stringify(settings)) as SettingsBySelector);
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The ${subject} has settings that cannot be:\n${formatJsonProblems(problems)}`,
    hint: 'Give the settings of each component by its selector: settings: { orchestrator: { concurrency: 2 } }.',
    problems,
  });
}
