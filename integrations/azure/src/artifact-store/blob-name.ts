/**
 * What Blob Storage would change or cannot list: `\`, which it takes for `/`; a dot at the end of a segment, which it
 * drops; the control characters from U+007F on, and U+FFFE and U+FFFF, which no XML has.
 */
const unsafe = /[\\\x7F-\x9F\uFFFE\uFFFF]|\.(?=\/|$)/;

/** The escapes of these, and what looks like one in a key: that has one `%` more before its last digit. */
const escaped = /%u(?:005%*C|007%*F|00[89]%*[0-9A-F]|FFF%*[EF]|002%*E(?=\/|$))/;

const unsafeOrEscaped = new RegExp(`${unsafe.source}|${escaped.source}`, 'g');
const allEscaped = new RegExp(escaped.source, 'g');

/**
 * The name of the blob for a key, or for the first segments of one: the key itself, but for a few characters that are
 * escaped, as in `%u005C` for `\`.
 *
 * An escape begins with `%`, which comes before what it stands for, as it comes before all digits. So the name of a key
 * never comes after the key in the order of their bytes; `ListingOrder` relies on it.
 */
export function blobName(key: string): string {
  return key.replaceAll(unsafeOrEscaped, (found) =>
    found.length > 1
      ? `${found.slice(0, -1)}%${found.slice(-1)}`
      : `%u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

/** What the names of all keys begin with that begin with a text. It may be less than all that they have in common. */
export function nameBeginning(text: string): string {
  // From there on, it may be part of an escape.
  const end = text.search(/[%.]|[\\\x7F-\x9F\uFFFE\uFFFF]/);
  return end < 0 ? text : text.slice(0, end);
}

/** The key whose blob has a name. */
export function keyOfBlob(name: string): string {
  return name.replaceAll(allEscaped, (found) =>
    found.includes('%', 1)
      ? `${found.slice(0, -2)}${found.slice(-1)}`
      : String.fromCharCode(Number.parseInt(found.slice(2), 16)),
  );
}
