import { step } from '@stack/pipelines';
import type { Evaluation } from './evaluate.ts';

/**
 * Puts the result into words, and draws it. Text is stored as text, so `stack artifact cat` shows it as it is; the page is what
 * `stack artifact visualization ID --output report.html` gets out.
 */
export const report = step(
  { name: 'report', outputs: { summary: {}, page: { materializer: 'html' } } },
  ({ evaluation }: { readonly evaluation: Evaluation }) => ({
    summary: summaryOf(evaluation),
    page: pageOf(evaluation),
  }),
);

function summaryOf(evaluation: Evaluation): string {
  return [
    headline(evaluation),
    '',
    'Confusion matrix (a row is what they are, a column is what the model says):',
    '',
    ...confusionTable(evaluation),
    '',
  ].join('\n');
}

function headline({ accuracy, correct, total }: Evaluation): string {
  return `Accuracy on held-out penguins: ${accuracy.toFixed(3)} (${correct} of ${total})`;
}

function confusionTable({ species, confusion }: Evaluation): string[] {
  const width = Math.max(...species.map(({ length }) => length)) + 2;
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((cell) => String(cell).padStart(width)).join('');
  return [line('', species), ...species.map((name, index) => line(name, confusion[index] ?? []))];
}

/** Needs no script and nothing from elsewhere: it can be kept, and sent on. */
function pageOf(evaluation: Evaluation): string {
  const { species, confusion } = evaluation;
  const rows = species.map((name, index) => {
    const counts = confusion[index] ?? [];
    const total = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.map((count) => {
      const share = total === 0 ? 0 : count / total;
      return `<td style="background: hsl(210 80% ${(100 - 60 * share).toFixed(0)}%)">${count}</td>`;
    });
    return `<tr><th scope="row">${name}</th>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Palmer penguins</title>
<style>body { font-family: sans-serif } td { width: 6em; text-align: center; padding: 1em }</style>
<h1>Palmer penguins</h1>
<p>${headline(evaluation)}</p>
<table>
<caption>A row is what they are, a column is what the model says</caption>
<tr><td></td>${species.map((name) => `<th scope="col">${name}</th>`).join('')}</tr>
${rows.join('\n')}
</table>
</html>
`;
}
