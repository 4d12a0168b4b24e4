/** A page of Markdown that says of itself that it is generated. */
export function generatedPage(title: string, blocks: readonly string[]): string {
  const note = '<!-- Generated from the code by `npm run docs`. -->';
  return `${[note, `# ${title}`, ...blocks].join('\n\n')}\n`;
}

export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => '---'), ...rows.map((row) => row.map(escapeCell))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/<(?=\w)/g, '\\<');
}
