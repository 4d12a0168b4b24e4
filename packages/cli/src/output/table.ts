import { maskSecrets } from '@stack/core/secrets';
import type { Screen } from './screen.ts';
import { fittingLength, padToWidth, textWidth } from './text-width.ts';

const gap = '  ';
const minimumColumnWidth = 8;

/**
 * Rows below their headings, in columns that fit the screen: a cell that does not is wrapped. On a screen that is too
 * narrow for the columns, a block of names and values for each row.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[], screen: Screen): string {
  if (!canFit(headings, rows, screen)) {
    return rows
      .map((row) =>
        renderFields(
          headings.map((name, column) => [name, row[column] ?? '']),
          screen,
        ),
      )
      .join('\n\n');
  }
  const [head = '', ...body] = renderColumns([headings, ...rows], screen);
  return [screen.paint('heading', head), ...body].join('\n');
}

/** Rows without headings. */
export function renderRows(rows: readonly (readonly string[])[], screen: Screen): string {
  return renderColumns(rows, screen).join('\n');
}

/** Names and values, a line each. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[], screen: Screen): string {
  const nameWidth = Math.max(...fields.map(([name]) => textWidth(name)));
  const valueWidth =
    screen.width === undefined ? Infinity : Math.max(screen.width - nameWidth - gap.length, minimumColumnWidth);
  return fields
    .map(([name, value]) => {
      const lines = wrap(cellText(value, screen), valueWidth);
      const indent = ' '.repeat(nameWidth);
      return lines
        .map((line, index) =>
          `${index === 0 ? screen.paint('quiet', padToWidth(name, nameWidth)) : indent}${gap}${line}`.trimEnd(),
        )
        .join('\n');
    })
    .join('\n');
}

/** The text on one line, with its control characters shown, those that turn the direction of a text among them: none reaches the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Masked before it is wrapped, which could break a secret in two. */
function cellText(text: string, { isRevealed = false }: Screen): string {
  return printable(isRevealed ? text : maskSecrets(text));
}

function renderColumns(rows: readonly (readonly string[])[], screen: Screen): string[] {
  const cells = rows.map((row) => row.map((cell) => cellText(cell, screen)));
  const columns = cells[0]?.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? '')))) ?? [];
  const widths = fitColumns(columns, screen.width);
  return cells.map((row) => renderRow(row, widths));
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  const wrapped = row.map((cell, column) => wrap(cell, widths[column] ?? Infinity));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => padToWidth(lines[line] ?? '', widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  ).join('\n');
}

/** Takes from the widest column until all fit. */
function fitColumns(natural: readonly number[], available: number | undefined): number[] {
  const widths = [...natural];
  if (available === undefined) return widths;
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (total() > available) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= minimumColumnWidth) return widths;
    widths[widest] = Math.max(minimumColumnWidth, (widths[widest] ?? 0) - 1);
  }
  return widths;
}

/** Whether the columns fit when each is as narrow as it may get. */
function canFit(headings: readonly string[], rows: readonly (readonly string[])[], screen: Screen): boolean {
  const narrowest = headings.map((_, column) =>
    Math.min(
      minimumColumnWidth,
      Math.max(...[headings, ...rows].map((row) => textWidth(cellText(row[column] ?? '', screen)))),
    ),
  );
  return (
    narrowest.reduce((sum, width) => sum + width, gap.length * (headings.length - 1)) <= (screen.width ?? Infinity)
  );
}

/** Lines of at most the width, broken at spaces where there are any. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (textWidth(rest) > width) {
    const fitting = fittingLength(rest, width);
    const space = rest.lastIndexOf(' ', fitting);
    const end = space > 0 ? space : fitting;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
