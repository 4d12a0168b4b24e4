/** Folder of the root in which files are written before they move to their place. No key leads there. */
export const stagingFolder = '.stack-staging';

// Segments have at most 240 bytes and names 255, so an escape may add one character, not three for every "%".
const escapedSegment = /^\.stack-staging~*$/;
const escapedName = /^\.stack-staging~+$/;

/** The name of the file or folder for one segment of a key. */
export function nameOf(segment: string): string {
  return escapedSegment.test(segment) ? `${segment}~` : segment;
}

/** The segment that a name stands for. */
export function segmentOf(name: string): string {
  return escapedName.test(name) ? name.slice(0, -1) : name;
}
