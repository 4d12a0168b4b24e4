import type { ListEntry } from './object-stat.ts';
import type { ListRequest } from './requests.ts';

/**
 * The entries of a listing that comes in pages. While those of a page are used the next one is asked for, unless no more than
 * some entries will be taken.
 */
export async function* entriesOfPages(
  pages: AsyncIterable<readonly ListEntry[]>,
  { limit }: Pick<ListRequest, 'limit'>,
): AsyncIterable<ListEntry> {
  for await (const page of limit === undefined ? readAhead(pages) : pages) {
    for (const entry of page) yield entry;
  }
}

async function* readAhead<Item>(source: AsyncIterable<Item>): AsyncIterable<Item> {
  const items = source[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ; ) {
      const { value, done } = await next;
      if (done) return;
      next = items.next();
      // Whoever takes it learns of it, and maybe nobody does.
      next.catch(() => {});
      yield value;
    }
  } finally {
    // What was asked for, and is not wanted any more, keeps nobody waiting.
    items.return?.().catch(() => {});
  }
}
