import type { SealedSecret, SealedSecretPlace, SealedSecretTable, SecretScope } from '@stack/core';
import { StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Engine } from '../engine.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { SealedSecretRow, Tables } from '../schema/tables.ts';

const scopes: readonly SecretScope[] = ['project', 'personal'];

/**
 * Writes wait for each other: one that changes all secrets of a place would never come to its end beside others that change
 * some, if each had to begin anew whenever another was faster.
 */
export function createSealedSecretTable(engine: Engine): SealedSecretTable {
  return {
    list: ({ store, scope, owner, names }) =>
      engine.read(async (database) => {
        if (names?.length === 0) return [];
        let query = database.selectFrom('sealed_secrets').selectAll().where('store', '=', store);
        if (scope !== undefined) query = query.where('scope', '=', scope);
        if (owner !== undefined) query = query.where('owner', '=', owner);
        if (names !== undefined) query = query.where('name', 'in', names);
        const rows = await query.orderBy('name').orderBy('scope', 'desc').execute();
        return rows.map(sealedSecret);
      }),

    add: ({ id, store, scope, owner, name, values }, check) =>
      engine.writeAlone(async (database) => {
        await checkStoreExists(database, store);
        await checkNameIsFree(database, { store, scope, owner, name });
        const other = await inPlace(database, { store, scope, owner }).orderBy('updated_at', 'desc').executeTakeFirst();
        check(other === undefined ? undefined : sealedSecret(other));
        const now = Date.now();
        const row: SealedSecretRow = {
          id,
          store,
          scope,
          owner,
          name,
          sealed_values: JSON.stringify(values),
          created_at: now,
          updated_at: now,
        };
        await database.insertInto('sealed_secrets').values(row).execute();
        return sealedSecret(row);
      }),

    update: (place, change) =>
      engine.writeAlone(async (database) => {
        const row = await inPlace(database, place).where('name', '=', place.name).executeTakeFirst();
        if (row === undefined) {
          throw new StackError({
            code: 'SECRET_NOT_FOUND',
            message: `There is no ${place.scope} secret "${place.name}".`,
            hint: 'It may have been deleted meanwhile.',
          });
        }
        const { name = row.name, values } = change(sealedSecret(row));
        if (name !== row.name) await checkNameIsFree(database, { ...place, name });
        const changed: SealedSecretRow = {
          ...row,
          name,
          sealed_values: values === undefined ? row.sealed_values : JSON.stringify(values),
          updated_at: Date.now(),
        };
        await database.updateTable('sealed_secrets').set(changed).where('id', '=', row.id).execute();
        return sealedSecret(changed);
      }),

    updateAll: (place, change) =>
      engine.writeAlone(async (database) => {
        const rows = await inPlace(database, place).execute();
        for (const row of rows) {
          const sealed_values = JSON.stringify(change(sealedSecret(row)));
          await database.updateTable('sealed_secrets').set({ sealed_values }).where('id', '=', row.id).execute();
        }
        return rows.length;
      }),

    remove: ({ store, scope, owner, name }) =>
      engine.writeAlone(async (database) => {
        const { numDeletedRows } = await database
          .deleteFrom('sealed_secrets')
          .where('store', '=', store)
          .where('scope', '=', scope)
          .where('owner', '=', owner)
          .where('name', '=', name)
          .executeTakeFirstOrThrow();
        return numDeletedRows > 0n;
      }),
  };
}

export function sealedSecret(row: SealedSecretRow): SealedSecret {
  const stored = new StoredRow('sealed_secrets', row.id, row);
  return {
    id: row.id,
    store: row.store,
    scope: stored.oneOf('scope', scopes),
    owner: row.owner,
    name: row.name,
    values: stored.texts('sealed_values'),
    createdAt: stored.date('created_at'),
    updatedAt: stored.date('updated_at'),
  };
}

function inPlace(database: Kysely<Tables>, { store, scope, owner }: Omit<SealedSecretPlace, 'name'>) {
  return database
    .selectFrom('sealed_secrets')
    .selectAll()
    .where('store', '=', store)
    .where('scope', '=', scope)
    .where('owner', '=', owner);
}

async function checkStoreExists(database: Kysely<Tables>, id: string): Promise<void> {
  const store = await database.selectFrom('components').select('id').where('id', '=', id).executeTakeFirst();
  if (store !== undefined) return;
  throw new StackError({
    code: 'COMPONENT_NOT_FOUND',
    message: `There is no secret-store of the id ${id} to keep secrets for.`,
    hint: 'It may have been deleted meanwhile.',
  });
}

async function checkNameIsFree(database: Kysely<Tables>, place: SealedSecretPlace): Promise<void> {
  const taken = await inPlace(database, place).where('name', '=', place.name).executeTakeFirst();
  if (taken === undefined) return;
  throw new StackError({
    code: 'ALREADY_EXISTS',
    message: `There is a ${place.scope} secret "${place.name}" already.`,
    hint: `Change it: stack secret update ${place.name} --KEY`,
  });
}
