import { StackError } from '../errors/index.ts';

/** Longest key, in UTF-8 bytes. */
const maximumKeyBytes = 900;
/** Longest segment, in UTF-8 bytes. */
const maximumSegmentBytes = 240;
const maximumSegments = 240;

/**
 * The key of an object for a path below a root. A path is a URI or absolute path below the root, or is relative to
 * it. Segments are compared, never the beginning of the text.
 *
 * A key is any Unicode text, and is kept byte for byte: nothing is trimmed, decoded, normalised or folded. What some
 * backend cannot hold is refused by all, so that what is written to one can be moved to any other:
 *
 * - more than 900 bytes of UTF-8: S3, GCS and Azure take 1,024, with the store's own prefix;
 * - a segment of more than 240 bytes: file systems take names of 255, and an escape needs some;
 * - more than 240 segments: Azure takes 254, with the store's own prefix;
 * - an empty segment, also at the beginning or end: on a disk, `a//b` is `a/b`, and `a/` a directory;
 * - the segments `.` and `..`: clients of HTTP and disks resolve them;
 * - a character below U+0020: names end at a NUL for the operating system, Azure refuses all of them, GCS line breaks, and
 *   the XML that object stores list in cannot hold most. No escape of them would keep the order of a listing;
 * - a lone surrogate, which UTF-8 does not have, so that two keys would become one.
 *
 * Two rules are left to the stores, since they depend on what is there: a key that is the directory of another one is
 * `PATH_CONFLICT`; and names that a disk folds or reserves (`Case` and `case`, `CON`, a dot at the end) are allowed, a
 * store on such a disk escapes them reversibly.
 *
 * @param root the store's root, without a `/` at its end
 * @returns segments joined by `/`; empty for the root itself
 * @throws PATH_OUTSIDE_STORE for a path of another root
 * @throws PATH_INVALID for an empty, `.` or `..` segment, a character below U+0020, a lone surrogate, or a path that is too long
 */
export function artifactKey(root: string, path: string): string {
  const key = relativeToRoot(root, path);
  if (key === '') return '';
  const problem = keyProblem(key);
  if (problem === undefined) return key;
  throw new StackError({
    code: 'PATH_INVALID',
    message: `The path ${JSON.stringify(path)} ${problem}.`,
    hint: 'Use segments joined by single "/", none of them "." or "..".',
  });
}

/** A path, or the pattern of one, as it is below a root. @throws PATH_OUTSIDE_STORE for that of another root */
export function relativeToRoot(root: string, path: string): string {
  if (path === root) return '';
  if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  if (!path.startsWith('/') && !/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path)) return path;
  throw new StackError({
    code: 'PATH_OUTSIDE_STORE',
    message: `The path ${JSON.stringify(path)} is not below the root of the store, ${root}.`,
    hint: 'Give a path below the root, or one relative to it.',
  });
}

/** What breaks the rules in a key that is not empty. */
export function keyProblem(key: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them.
  if (/[\0-\x1F]/.test(key)) return 'has a control character';
  if (!key.isWellFormed()) return 'is not well-formed Unicode';
  if (isLonger(key, maximumKeyBytes)) return `is longer than ${maximumKeyBytes} bytes`;
  const segments = key.split('/');
  if (segments.length > maximumSegments) return `has more than ${maximumSegments} segments`;
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (isLonger(segment, maximumSegmentBytes)) return `has a segment longer than ${maximumSegmentBytes} bytes`;
  }
  return undefined;
}

function isLonger(text: string, bytes: number): boolean {
  // A code unit takes three bytes at most. Listings check every key.
  return text.length * 3 > bytes && Buffer.byteLength(text) > bytes;
}
