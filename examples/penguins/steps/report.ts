import { step } from '@stack/pipelines';
import type { Evaluation } from './evaluate.ts';

/** Puts the result into words. Text is stored as text, so `stack artifact cat` shows it as it is. */
export const report = step({ name: 'report' }, ({ evaluation }: { readonly evaluation: Evaluation }) => {
  const { accuracy, correct, total } = evaluation;
  return [
    `Accuracy on held-out penguins: ${accuracy.toFixed(3)} (${correct} of ${total})`,
    '',
    'Confusion matrix (a row is what they are, a column is what the model says):',
    '',
    ...confusionTable(evaluation),
    '',
  ].join('\n');
});

function confusionTable({ species, confusion }: Evaluation): string[] {
  const width = Math.max(...species.map(({ length }) => length)) + 2;
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(width)).join('');
  return [line('', species), ...species.map((name, index) => line(name, confusion[index] ?? []))];
}
