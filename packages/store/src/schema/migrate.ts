import type { Engine } from '../engine.ts';
import { type Migration, migrations } from './migrations.ts';

/**
 * Applies the migrations that the database lacks, all in one transaction: when it is interrupted, the database is at
 * the version where it was.
 */
export async function migrate(engine: Engine, steps: readonly Migration[] = migrations): Promise<void> {
  const version = await engine.read((database) => engine.readVersion(database));
  if (version >= steps.length) return;
  await engine.writeAlone(async (database) => {
    // Read again: another process may have migrated since.
    const current = await engine.readVersion(database);
    if (current >= steps.length) return;
    for (const step of steps.slice(current)) await step(database, engine);
    await engine.writeVersion(database, steps.length);
  });
}
