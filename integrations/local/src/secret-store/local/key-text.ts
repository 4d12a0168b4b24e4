import { addMaskedValue } from '@stack/core';
import { SecretKey } from './secret-key.ts';

const ownerMark = 'owner=';

/** What a key file, or a variable with keys, holds. */
export interface KeyText {
  readonly keys: readonly SecretKey[];
  /** Whose the personal secrets are: the id of the first key that there was. */
  readonly owner: string;
}

/**
 * Reads keys, apart by spaces, commas or lines. A line that begins with `#` is a comment. The keys are masked in this
 * process from then on.
 *
 * @returns what is wrong, as the end of a sentence, for a text that has anything else in it, or no key
 */
export function parseKeyText(text: string): KeyText | string {
  const lines = text.split(/\r?\n/).filter((line) => !line.trimStart().startsWith('#'));
  const entries = lines
    .join('\n')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  const owner = entries.find((entry) => entry.startsWith(ownerMark))?.slice(ownerMark.length);
  const keys: SecretKey[] = [];
  const faults: string[] = [];
  for (const entry of entries.filter((one) => !one.startsWith(ownerMark))) {
    const key = SecretKey.parse(entry);
    if (key === undefined) faults.push(`entry ${keys.length + faults.length + 1}`);
    else {
      addMaskedValue(entry);
      keys.push(key);
    }
  }
  if (faults.length > 0) return `what is no key, of 32 bytes as base64 or hexadecimal: ${faults.join(', ')}`;
  const oldest = keys.at(-1);
  return oldest === undefined ? 'no key' : { keys, owner: owner ?? oldest.id };
}

/** The text of a key file. @param owner of personal secrets alone */
export function formatKeyText(
  keys: readonly SecretKey[],
  owner: string | undefined,
  comments: readonly string[],
): string {
  const lines = [
    ...comments.map((comment) => `# ${comment}`),
    // As long as it follows from the keys, it need not be said.
    ...(owner === undefined || keys.at(-1)?.id === owner ? [] : [`${ownerMark}${owner}`]),
    ...keys.map((key) => key.format()),
  ];
  return `${lines.join('\n')}\n`;
}

export function newKeyText(): KeyText {
  const key = SecretKey.generate();
  return { keys: [key], owner: key.id };
}
