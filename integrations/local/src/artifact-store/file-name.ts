import { hash } from 'node:crypto';

/** Folder of the root in which files are written before they move to their place. No key leads there. */
export const stagingFolder = '.stack-staging';

// Segments have at most 240 bytes and names 255, so an escape may add a few characters, not three for every "%".
const escapedSegment = /^\.stack-staging~*$/;
const escapedName = /^\.stack-staging~+$/;

/** What no disk folds, whatever it takes for one letter. */
const unfoldedSegment = /^[a-z0-9._-]+$/;
const markedName = /^(.+)~([0-9a-f]{8})$/s;

/**
 * The name of the file or folder for one segment of a key: itself, but for that of the staging folder, which gets a `~`.
 * On a disk that takes names for the same that differ in case or normalisation alone, and keeps them as they were
 * written, each that could be meant is marked by some digits of its digest: `Case~76edf531`.
 */
export function nameOf(segment: string, isFolding: boolean): string {
  if (!isFolding) return escapedSegment.test(segment) ? `${segment}~` : segment;
  return segment !== stagingFolder && unfoldedSegment.test(segment) ? segment : `${segment}~${markOf(segment)}`;
}

/** The segment that a name stands for. */
export function segmentOf(name: string, isFolding: boolean): string {
  if (!isFolding) return escapedName.test(name) ? name.slice(0, -1) : name;
  const [, segment = '', mark] = markedName.exec(name) ?? [];
  return segment !== '' && markOf(segment) === mark ? segment : name;
}

function markOf(segment: string): string {
  return hash('sha256', segment).slice(0, 8);
}
