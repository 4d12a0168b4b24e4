import { openEngine } from '../open-engine.ts';
import { migrate } from '../schema/migrate.ts';
import type { StoreLocation } from '../store-location.ts';
import { checkEngine } from './check-engine.ts';

/** What was found in a metadata store. */
export interface StoreCheck {
  readonly product: 'SQLite' | 'PostgreSQL';
  /** The path of the file, or the URL without its password. */
  readonly store: string;
  readonly version: number;
  /** How many rows each table has. */
  readonly rows: Readonly<Record<string, number>>;
  /** What is wrong, each in a sentence; empty when the store is sound. */
  readonly problems: readonly string[];
}

/**
 * Looks for damage in a metadata store: reads every row, and in SQLite every page, index and reference. Like opening it,
 * this brings the store up to date.
 *
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_TOO_NEW
 * @throws STORE_CORRUPT when the damage is such that nothing can be read
 */
export async function checkStore(location: StoreLocation): Promise<StoreCheck> {
  const engine = await openEngine(location);
  try {
    await migrate(engine);
    return await checkEngine(engine);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
}
