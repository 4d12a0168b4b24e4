import type { ListEntry } from '@stack/core';

/** Every entry of a listing. */
export async function collect(entries: AsyncIterable<ListEntry>): Promise<ListEntry[]> {
  const collected: ListEntry[] = [];
  for await (const entry of entries) collected.push(entry);
  return collected;
}

/** The path of every entry of a listing. */
export async function paths(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  return (await collect(entries)).map(({ path }) => path);
}

/** The type and path of every entry of a listing. */
export async function kinds(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  return (await collect(entries)).map(({ type, path }) => `${type} ${path}`);
}

/** The order of listings. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
