import type { Transactions } from './engine.ts';
import type { WriteOptions } from './metadata-store.ts';

/** Runs work whose reads and writes are all part of one transaction. A dry run is undone at its end. */
export async function runTransaction<Result>(
  transactions: Transactions,
  work: (within: Transactions) => Promise<Result>,
  { dryRun = false }: WriteOptions = {},
): Promise<Result> {
  try {
    return await transactions.write(async (database) => {
      const result = await work({ read: (query) => query(database), write: (query) => query(database) });
      // A transaction is undone by what is thrown in it, on every engine.
      if (dryRun) throw new Undone(result);
      return result;
    });
  } catch (error) {
    if (error instanceof Undone) return error.result as Result;
    throw error;
  }
}

class Undone {
  readonly result: unknown;

  constructor(result: unknown) {
    this.result = result;
  }
}
