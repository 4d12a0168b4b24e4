import { resolve } from 'node:path';
import { createComponentTable } from './components/component-table.ts';
import type { Engine } from './engine.ts';
import { createFlavorTable } from './flavors/flavor-table.ts';
import type { MetadataStore, StoreOptions, StoreTables } from './metadata-store.ts';
import { runTransaction } from './run-transaction.ts';
import { createRunStore } from './runs/create-run-store.ts';
import { migrate } from './schema/migrate.ts';
import { lockPatience } from './sqlite/retry-while-busy.ts';
import { openSqliteEngine } from './sqlite/sqlite-engine.ts';
import { createStackTable } from './stacks/stack-table.ts';

/**
 * Opens a metadata store, and brings it to the version of this package. Close it with `await using` or
 * `[Symbol.asyncDispose]`.
 *
 * Many processes may have the same store open. A method waits, without blocking its process, while another process
 * writes; after 30 seconds of that it rejects with `STORE_UNAVAILABLE`.
 *
 * @throws STORE_UNAVAILABLE when the file is not there, or cannot be read and written
 * @throws STORE_CORRUPT when the file is no store, or damaged; any method may find that later
 * @throws STORE_TOO_NEW when a newer version of this package wrote it
 * @throws NO_SPACE when the disk is full; so does every method that writes
 */
export async function openStore({ file, create = false }: StoreOptions): Promise<MetadataStore> {
  const engine = await openSqliteEngine({ file: resolve(file), create, patience: lockPatience });
  try {
    await migrate(engine);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...createTables(engine),
    runs: createRunStore(engine),
    transaction: (work, options) => runTransaction(engine, (bound) => work(createTables(bound)), options),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function createTables(engine: Engine): StoreTables {
  return {
    flavors: createFlavorTable(engine),
    components: createComponentTable(engine),
    stacks: createStackTable(engine),
  };
}
