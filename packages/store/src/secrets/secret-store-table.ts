import { StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import { componentRecord } from '../components/component-record.ts';
import type { Transactions } from '../engine.ts';
import type { ComponentRecord, SecretStoreTable } from '../metadata-store.ts';
import type { Tables } from '../schema/tables.ts';

export function createSecretStoreTable(engine: Transactions): SecretStoreTable {
  return {
    order: () => engine.read(readOrder),

    setOrder: (ids) =>
      engine.write(async (database) => {
        if (ids.length === 0) {
          throw new StackError({
            code: 'ARGUMENT_INVALID',
            message: 'No secret store is given, and without one no secret could be found.',
            hint: 'Give at least one.',
          });
        }
        await database.deleteFrom('secret_store_order').execute();
        for (const [position, id] of ids.entries()) {
          const { name } = await findStore(database, id);
          if (ids.indexOf(id) < position) {
            throw new StackError({
              code: 'ARGUMENT_INVALID',
              message: `The secret-store "${name}" is given twice.`,
            });
          }
          await database.insertInto('secret_store_order').values({ position, component_id: id }).execute();
        }
        return await readOrder(database);
      }),
  };
}

async function readOrder(database: Kysely<Tables>): Promise<ComponentRecord[]> {
  const rows = await database
    .selectFrom('secret_store_order')
    .innerJoin('components', 'components.id', 'secret_store_order.component_id')
    .selectAll('components')
    .orderBy('secret_store_order.position')
    .execute();
  return rows.map(componentRecord);
}

async function findStore(database: Kysely<Tables>, id: string): Promise<{ readonly name: string }> {
  const store = await database
    .selectFrom('components')
    .select('name')
    .where('id', '=', id)
    .where('type', '=', 'secret-store')
    .executeTakeFirst();
  if (store !== undefined) return store;
  throw new StackError({
    code: 'COMPONENT_NOT_FOUND',
    message: `There is no secret-store of the id ${id}.`,
    hint: 'It may have been deleted meanwhile.',
  });
}
