import { resolve } from 'node:path';
import type { Engine } from './engine.ts';
import type { StoreOptions } from './metadata-store.ts';
import { lockPatience } from './retry-while-busy.ts';
import type { StoreLocation } from './store-location.ts';

type EngineOptions = StoreLocation & Pick<StoreOptions, 'create' | 'synchronous'>;

/** Opens the database of a store as it is, whatever its version. Loads the driver of that database alone. */
export async function openEngine({
  create = false,
  synchronous = 'normal',
  ...location
}: EngineOptions): Promise<Engine> {
  const patience = lockPatience;
  if ('url' in location) {
    const { openPostgresEngine } = await import('./postgres/postgres-engine.ts');
    return await openPostgresEngine({ url: location.url, create, patience });
  }
  const { openSqliteEngine } = await import('./sqlite/sqlite-engine.ts');
  return await openSqliteEngine({ file: resolve(location.file), create, patience, synchronous });
}
