import { createAppliedDocumentTable } from './applied-documents/applied-document-table.ts';
import { createComponentTable } from './components/component-table.ts';
import type { Transactions } from './engine.ts';
import { createFlavorTable } from './flavors/flavor-table.ts';
import type { MetadataStore, StoreOptions, StoreTables } from './metadata-store.ts';
import { openEngine } from './open-engine.ts';
import { runTransaction } from './run-transaction.ts';
import { createRunStore } from './runs/create-run-store.ts';
import { defaultLeaseDuration, RunLeases } from './runs/run-leases.ts';
import { migrate } from './schema/migrate.ts';
import { createSealedSecretTable } from './secrets/sealed-secret-table.ts';
import { createSecretStoreTable } from './secrets/secret-store-table.ts';
import { createStackTable } from './stacks/stack-table.ts';

/**
 * Opens a metadata store, and brings it to the version of this package. Close it with `await using` or
 * `[Symbol.asyncDispose]`.
 *
 * Many processes may have the same store open. A method waits, without blocking its process, while another process
 * writes; after 30 seconds of that it rejects with `STORE_UNAVAILABLE`.
 *
 * @throws ARGUMENT_INVALID when the URL cannot be read
 * @throws STORE_UNAVAILABLE when the store is not there, or cannot be read and written
 * @throws STORE_CORRUPT when it is no store, or damaged; any method may find that later
 * @throws STORE_TOO_NEW when a newer version of this package wrote it
 * @throws NO_SPACE when the disk is full; so does every method that writes
 */
export async function openStore(options: StoreOptions): Promise<MetadataStore> {
  const engine = await openEngine(options);
  try {
    await migrate(engine);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  const leases = new RunLeases(engine, options.leaseDuration ?? defaultLeaseDuration);
  return {
    label: engine.label,
    isLocal: engine.product === 'SQLite',
    ...createTables(engine),
    runs: createRunStore(engine, leases),
    sealedSecrets: createSealedSecretTable(engine),
    transaction: (work, options) => runTransaction(engine, (within) => work(createTables(within)), options),
    [Symbol.asyncDispose]: async () => {
      await leases[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

function createTables(transactions: Transactions): StoreTables {
  return {
    flavors: createFlavorTable(transactions),
    components: createComponentTable(transactions),
    stacks: createStackTable(transactions),
    appliedDocuments: createAppliedDocumentTable(transactions),
    secretStores: createSecretStoreTable(transactions),
  };
}
