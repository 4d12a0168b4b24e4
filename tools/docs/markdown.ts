/** A page of Markdown that says of itself by what command it is generated. */
export function generatedPage(title: string, command: string, blocks: readonly string[]): string {
  const note = `<!-- Generated from the code by \`${command}\`. -->`;
  return `${[note, `# ${title}`, ...blocks].join('\n\n')}\n`;
}

/** A table whose columns line up, as the formatter of this repository wants it. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map(escapeCell))];
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const [head = [], ...body] = cells.map((row) => widths.map((width, column) => (row[column] ?? '').padEnd(width)));
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/<(?=\w)/g, '\\<');
}
