import type { Kysely } from 'kysely';
import type { Engine } from './engine.ts';
import type { WriteOptions } from './metadata-store.ts';
import type { Tables } from './schema/tables.ts';

/** Runs work on an engine whose reads and writes are all part of one transaction. A dry run is undone at its end. */
export async function runTransaction<Result>(
  engine: Engine,
  work: (engine: Engine) => Promise<Result>,
  { dryRun = false }: WriteOptions = {},
): Promise<Result> {
  try {
    return await engine.write(async (database) => {
      const result = await work(boundTo(database, engine));
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

function boundTo(database: Kysely<Tables>, engine: Engine): Engine {
  return {
    sequenceColumn: engine.sequenceColumn,
    read: (work) => work(database),
    write: (work) => work(database),
    readVersion: (within) => engine.readVersion(within),
    writeVersion: (within, version) => engine.writeVersion(within, version),
    // The transaction has an end of its own.
    [Symbol.asyncDispose]: async () => {},
  };
}
