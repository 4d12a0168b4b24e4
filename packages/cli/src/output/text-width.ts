// Which characters take two cells, or none, is a table that changes with Unicode: a package keeps it.
import truncatedWidth from 'fast-string-truncated-width';

/** How many cells of a terminal a text takes. */
export function textWidth(text: string): number {
  return isAscii(text) ? text.length : truncatedWidth(text).width;
}

/** How many characters from the start take at most so many cells; of a text that is not empty, one at the least. */
export function fittingLength(text: string, width: number): number {
  if (isAscii(text)) return Math.max(1, Math.min(text.length, width));
  const { index } = truncatedWidth(text, { limit: width, ellipsis: '' });
  return index > 0 ? index : (new Intl.Segmenter().segment(text).containing(0)?.segment.length ?? 1);
}

/** The text, with spaces after it so that it takes that many cells. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
