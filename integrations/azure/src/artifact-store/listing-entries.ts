import type { ListEntry } from '@stack/core';
import { keyOfBlob } from './blob-name.ts';
import { type BlobProperties, isPlaceholder, storedStat } from './blob-stat.ts';

/** A listing of the SDK. */
export interface PagedListing {
  byPage(settings: PageSettings): AsyncIterator<ListingPage>;
}

export interface PageSettings {
  readonly continuationToken?: string;
  readonly maxPageSize?: number;
}

/** One answer of a listing. */
export interface ListingPage {
  readonly continuationToken?: string | undefined;
  readonly segment: {
    readonly blobItems: readonly { readonly name: string; readonly properties: BlobProperties }[];
    readonly blobPrefixes?: readonly { readonly name: string }[] | undefined;
  };
}

/**
 * The entries of a page, blobs and directories in one order, each with its name below the root. Left out is what has no
 * key, such as the blobs by which other programs mark directories.
 */
export function listingEntries({ segment }: ListingPage, root: string): [name: string, entry: ListEntry][] {
  const entries: [string, ListEntry][] = [];
  for (const { name, properties } of segment.blobItems) {
    const relative = name.slice(root.length);
    if (isPlaceholder(properties) || !isName(relative)) continue;
    const { size, modifiedAt } = storedStat(properties);
    entries.push([relative, { type: 'file', path: keyOfBlob(relative), size, modifiedAt }]);
  }
  const { blobPrefixes = [] } = segment;
  for (const { name } of blobPrefixes) {
    const relative = name.slice(root.length);
    const directory = relative.slice(0, -1);
    if (isName(directory)) entries.push([relative, { type: 'directory', path: keyOfBlob(directory) }]);
  }
  return blobPrefixes.length === 0 ? entries : entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether a name has no empty segment. */
function isName(name: string): boolean {
  return !/^\/|\/\/|\/$|^$/.test(name);
}
