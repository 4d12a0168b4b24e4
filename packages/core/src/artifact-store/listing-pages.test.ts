import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { entriesOfPages } from './listing-pages.ts';
import type { ListEntry } from './object-stat.ts';

/** A listing in pages of two entries, which tells when a page is asked for, and breaks at one of them. */
async function* pagesOf(count: number, asked: number[], broken?: number): AsyncGenerator<readonly ListEntry[]> {
  for (let page = 0; page < count; page++) {
    asked.push(page);
    await nextTurn();
    if (page === broken) throw new Error('the listing broke');
    yield ['a', 'b'].map((name) => ({ type: 'directory', path: `${page}${name}` }));
  }
}

async function taken(entries: AsyncIterable<ListEntry>, into: string[] = []): Promise<string[]> {
  for await (const { path } of entries) into.push(path);
  return into;
}

test('gives all entries in order', async () => {
  for (const limit of [undefined, 6]) {
    expect(await taken(entriesOfPages(pagesOf(3, []), { limit }))).toEqual(['0a', '0b', '1a', '1b', '2a', '2b']);
  }
});

test('asks for the next page while the entries of one are used, unless only some are wanted', async () => {
  for (const [limit, expected] of [
    [undefined, [0, 1]],
    [1, [0]],
  ] as const) {
    const asked: number[] = [];
    for await (const _ of entriesOfPages(pagesOf(3, asked), { limit })) break;
    expect(asked).toEqual(expected);
  }
});

test('gives what came before a page that breaks, and then throws', async () => {
  const into: string[] = [];
  await expect(taken(entriesOfPages(pagesOf(3, [], 1), { limit: undefined }), into)).rejects.toThrow('broke');
  expect(into).toEqual(['0a', '0b']);
});

test('a page that breaks when nobody wants it any more is no error', async () => {
  for await (const _ of entriesOfPages(pagesOf(3, [], 1), { limit: undefined })) break;
  await nextTurn();
  await nextTurn();
});
