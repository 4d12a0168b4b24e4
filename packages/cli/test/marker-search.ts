import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// What leaks are looked for with. It is written down here, and not taken from the masker.

/** Two lines, and characters that every encoding writes in its own way. */
const lines = ['zQ9+mark/er"of\\the?secret', "7c&é%'line two€"];
export const markers = {
  key: lines.join('\n'),
  region: 'plain<marker>+/=of the region',
  token: 'tok~marker~settings~42',
};

/** What a text looks like in the places where it must not be, each part of which is enough to know it. */
function formsOf(text: string): Map<string, Buffer> {
  const bytes = Buffer.from(text);
  const forms = new Map<string, Buffer>([
    ['as it is', bytes],
    ['JSON', Buffer.from(JSON.stringify(text).slice(1, -1))],
    ['JSON twice', Buffer.from(JSON.stringify(JSON.stringify(text)).slice(3, -3))],
    ['URL', Buffer.from(encodeURIComponent(text))],
    ['form', Buffer.from(new URLSearchParams({ a: text }).toString().slice(2))],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['hex in capitals', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['UTF-16', Buffer.from(text, 'utf16le')],
  ]);
  for (const shift of [0, 1, 2]) {
    // The characters that are made of the bits of the text alone, wherever it begins.
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const core = (encoded: string) =>
      Buffer.from(encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)));
    forms.set(`base64 at ${shift}`, core(shifted.toString('base64')));
    forms.set(`base64url at ${shift}`, core(shifted.toString('base64url')));
  }
  return forms;
}

export const searched = [
  ...Object.entries(markers),
  ...lines.map((line, index) => [`line ${index + 1}`, line] as const),
].flatMap(([name, text]) => [...formsOf(text)].map(([form, bytes]) => ({ what: `${name} as ${form}`, bytes })));

/** What of the markers is in these bytes. */
export function found(bytes: Buffer): string[] {
  return searched.filter((one) => bytes.includes(one.bytes)).map(({ what }) => what);
}

/** By file, what of the markers is in a project. */
export function foundInFiles(root: string): Readonly<Record<string, readonly string[]>> {
  const files = globSync('**/*', { cwd: root, exclude: ['node_modules/**'] })
    .concat(globSync('.stack/**/*', { cwd: root }))
    .filter((file) => statSync(join(root, file)).isFile());
  const hits = files.map((file) => [file, found(readFileSync(join(root, file)))] as const);
  return Object.fromEntries(hits.filter(([, hit]) => hit.length > 0));
}
