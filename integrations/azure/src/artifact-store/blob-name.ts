/**
 * The name of the blob for a key, or for the first segments of one. Blob Storage takes `\` for `/`, and drops a dot at
 * the end of a segment, so they are written `%5C` and `%2E`. Keys in which these stand already get one more `%` in them:
 * `%5%C`. All else is as it is in the key.
 *
 * An escape begins with `%`, which comes before what it stands for and what it inserts itself before. So the name of a
 * key never comes after the key, in the order of their bytes; `ListingOrder` relies on it.
 */
export function blobName(key: string): string {
  return key
    .replaceAll(/\\|%5(%*)C/g, (found, more: string) => (found === '\\' ? '%5C' : `%5%${more}C`))
    .replaceAll(/(?:\.|%2(%*)E)(?=\/|$)/g, (found, more: string) => (found === '.' ? '%2E' : `%2%${more}E`));
}

/** The key whose blob has a name. */
export function keyOfBlob(name: string): string {
  return name
    .replaceAll(/%2(%*)E(?=\/|$)/g, (_, more: string) => (more === '' ? '.' : `%2${more.slice(1)}E`))
    .replaceAll(/%5(%*)C/g, (_, more: string) => (more === '' ? '\\' : `%5${more.slice(1)}C`));
}
