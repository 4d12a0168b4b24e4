/** What Node leaves in the place of types: blanks, or what keeps the code around them apart. */
const blank = /[\s;)]/;

/**
 * Whether a function could be from this source: its text stands in there, but for types, which are blanks in a function
 * that runs. A function without a text, such as a bound one, could be from anywhere.
 */
export function hasRunningText(source: string, run: (...values: never[]) => unknown): boolean {
  const text = Function.prototype.toString.call(run);
  if (source.includes(text) || text.endsWith('{ [native code] }')) return true;
  for (let start = 0; start + text.length <= source.length; start++) {
    if (fitsAt(source, start, text)) return true;
  }
  return false;
}

function fitsAt(source: string, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character !== source[start + index] && !blank.test(character)) return false;
  }
  return true;
}
