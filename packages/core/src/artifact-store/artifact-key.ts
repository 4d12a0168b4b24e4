import { StackError } from '../errors/index.ts';

/** Longest key, in UTF-8 bytes. S3 takes 1,024 with the store's own prefix. */
const maximumKeyBytes = 900;
/** Longest segment, in UTF-8 bytes: what file systems take as the name of one file. */
const maximumSegmentBytes = 240;

/**
 * The key of an object for a path below a root. A path is a URI or absolute path below the root, or is relative to
 * it. Segments are compared, never the beginning of the text, and are never normalised: a key is kept byte for byte.
 *
 * @param root the store's root, without a `/` at its end
 * @returns segments joined by `/`; empty for the root itself
 * @throws PATH_OUTSIDE_STORE for a path of another root
 * @throws PATH_INVALID for an empty, `.` or `..` segment, a NUL, a lone surrogate, or one that is too long
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

function relativeToRoot(root: string, path: string): string {
  if (path === root) return '';
  if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  if (!path.startsWith('/') && !/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path)) return path;
  throw new StackError({
    code: 'PATH_OUTSIDE_STORE',
    message: `The path ${JSON.stringify(path)} is not below the root of the store, ${root}.`,
    hint: 'Give a path below the root, or one relative to it.',
  });
}

function keyProblem(key: string): string | undefined {
  if (key.includes('\0')) return 'has a NUL character';
  if (!key.isWellFormed()) return 'is not well-formed Unicode';
  if (Buffer.byteLength(key) > maximumKeyBytes) return `is longer than ${maximumKeyBytes} bytes`;
  for (const segment of key.split('/')) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > maximumSegmentBytes) {
      return `has a segment longer than ${maximumSegmentBytes} bytes`;
    }
  }
  return undefined;
}
