import type { RunRecord, StepRunRecord } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';

/**
 * The step runs of a run that a command is about: the wanted one, else all.
 *
 * @param wanted name of a step or item; empty for all
 * @throws STEP_NOT_FOUND
 */
export function chooseStepRuns(
  { name }: RunRecord,
  steps: readonly StepRunRecord[],
  wanted: string,
): readonly StepRunRecord[] {
  const chosen = wanted === '' ? steps : steps.filter(({ step }) => step === wanted);
  if (wanted === '' || chosen.length > 0) return chosen;
  const names = steps.map(({ step }) => step);
  // A mapped step may have thousands of items.
  const listed = steps.filter(({ item }) => item === undefined).map(({ step }) => step);
  throw new StackError({
    code: 'STEP_NOT_FOUND',
    message: `The run "${name}" has no step "${wanted}".`,
    hint: didYouMean(wanted, names) ?? `It has ${listed.join(', ')}.`,
  });
}
