import type { ListObjectsV2Output } from '@aws-sdk/client-s3';
import { keyProblem, type ListEntry } from '@stack/core';

/**
 * The objects and directories of a page of a listing, in order. Others may keep what cannot be an artifact below the prefix,
 * such as the empty objects that stand for directories: it is left out.
 */
export function listedEntries(page: ListObjectsV2Output, prefix: string): ListEntry[] {
  const pathOf = (key?: string) => decodedKey(page, key).slice(prefix.length);
  const files = (page.Contents ?? []).map(({ Key, Size = 0, LastModified = new Date(0) }) => {
    return { type: 'file' as const, path: pathOf(Key), size: Size, modifiedAt: wholeSeconds(LastModified) };
  });
  const directories = (page.CommonPrefixes ?? []).map(({ Prefix }) => {
    return { type: 'directory' as const, path: pathOf(Prefix).slice(0, -1) };
  });
  const entries = [...files, ...directories].filter(({ path }) => keyProblem(path) === undefined);
  return directories.length === 0 ? entries : inOrder(entries);
}

/** Listings are more exact than what is told of one object. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

/** A key as it is; nothing for one that is no UTF-8. */
function decodedKey({ EncodingType }: ListObjectsV2Output, key = ''): string {
  if (EncodingType !== 'url' || !/[%+]/.test(key)) return key;
  try {
    return decodeURIComponent(key.replaceAll('+', '%20'));
  } catch {
    return '';
  }
}

function inOrder(entries: ListEntry[]): ListEntry[] {
  return entries
    .map((entry) => ({ entry, order: Buffer.from(entry.type === 'directory' ? `${entry.path}/` : entry.path) }))
    .sort((a, b) => Buffer.compare(a.order, b.order))
    .map(({ entry }) => entry);
}
