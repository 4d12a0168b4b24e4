import { StackError } from '../errors/index.ts';

/**
 * Does something with every item, with so many at once. After the first failure no further one is begun, and the
 * failure is thrown when all that were have ended.
 *
 * @throws ARGUMENT_INVALID for a concurrency that is not a whole number from 1
 */
export async function forEachAtOnce<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  action: (item: Item) => Promise<void>,
): Promise<void> {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `There cannot be ${concurrency} files under way at once.`,
    });
  }
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const work = async () => {
    while (failures.length === 0) {
      try {
        const next = await iterator.next();
        if (next.done || failures.length > 0) return;
        await action(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failures.length > 0) throw failures[0];
}
