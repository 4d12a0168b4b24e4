/**
 * Does something with every item, with so many at once. After the first failure no further one is begun, and the
 * failure is thrown when those under way have ended.
 *
 * @param stop called at the first failure: ends what would keep the others, or the next item, waiting
 */
export async function atOnce<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  action: (item: Item) => Promise<void>,
  stop: () => void = () => {},
): Promise<void> {
  const iterator = (async function* () {
    yield* items;
  })();
  const failures: unknown[] = [];
  const work = async () => {
    try {
      for (let next = await iterator.next(); !next.done && failures.length === 0; next = await iterator.next()) {
        await action(next.value);
      }
    } catch (error) {
      failures.push(error);
      if (failures.length === 1) stop();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failures.length > 0) throw failures[0];
}
