import { joinErrors, type RunSettings, resolveRunSettings, type Stack, StackError } from '@stack/core';
import type { CompiledPipeline } from './run-pipeline.ts';

/**
 * The settings of a run on a stack.
 *
 * @throws CONFIG_INVALID, OPTION_UNKNOWN or SECRET_NOT_FOUND with all that is wrong with them, the parameters and the run config
 */
export async function settingsOfRun(
  stack: Stack,
  { plan, problems, failures }: CompiledPipeline,
): Promise<RunSettings> {
  let settings: RunSettings;
  try {
    settings = await resolveRunSettings(stack, plan, problems);
  } catch (error) {
    const [first, ...others] = failures;
    throw first !== undefined && StackError.is(error) ? joinErrors([first, ...others, error]) : error;
  }
  checkFailures(failures);
  return settings;
}

/** Throws what is wrong, all at once. */
export function checkFailures([first, ...others]: readonly StackError[]): void {
  if (first !== undefined) throw joinErrors([first, ...others]);
}
