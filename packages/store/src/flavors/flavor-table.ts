import { randomUUID } from 'node:crypto';
import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Transactions } from '../engine.ts';
import type { FlavorTable, NewFlavor } from '../metadata-store.ts';
import { formatNames } from '../reference.ts';
import type { FlavorRow } from '../schema/flavor-row.ts';
import type { Tables } from '../schema/tables.ts';
import { flavorRecord } from './flavor-record.ts';

export function createFlavorTable(engine: Transactions): FlavorTable {
  return {
    add: (flavor) =>
      engine.write(async (database) => {
        if ((await findRow(database, flavor.type, flavor.name)) !== undefined) {
          throw new StackError({
            code: 'ALREADY_EXISTS',
            message: `A flavor ${flavor.type}/${flavor.name} is registered already.`,
            hint: `See where it comes from: stack ${flavor.type} flavor describe ${flavor.name}`,
          });
        }
        const now = Date.now();
        const row = { id: randomUUID(), ...flavorColumns(flavor), created_at: now, updated_at: now };
        await database.insertInto('flavors').values(row).execute();
        return flavorRecord(row);
      }),

    replace: (flavor) =>
      engine.write(async (database) => {
        const row = await findRow(database, flavor.type, flavor.name);
        if (row === undefined) throw await flavorNotFound(database, flavor.type, flavor.name);
        const changed = { ...row, ...flavorColumns(flavor), updated_at: Date.now() };
        await database.updateTable('flavors').set(changed).where('id', '=', row.id).execute();
        return flavorRecord(changed);
      }),

    find: (type, name) =>
      engine.read(async (database) => {
        const row = await findRow(database, type, name);
        return row === undefined ? undefined : flavorRecord(row);
      }),

    list: ({ type } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('flavors').selectAll().orderBy('type').orderBy('name');
        if (type !== undefined) query = query.where('type', '=', type);
        return (await query.execute()).map(flavorRecord);
      }),

    remove: (type, name) =>
      engine.write(async (database) => {
        if ((await findRow(database, type, name)) === undefined) throw await flavorNotFound(database, type, name);
        const users = await database
          .selectFrom('components')
          .select('name')
          .where('type', '=', type)
          .where('flavor', '=', name)
          .where('flavor_package', 'is', null)
          .orderBy('name')
          .execute();
        const [first] = users;
        if (first !== undefined) {
          throw new StackError({
            code: 'IN_USE',
            message: `The flavor ${type}/${name} is used by ${users.length} ${users.length === 1 ? 'component' : 'components'}: ${formatNames(users.map((user) => user.name))}.`,
            hint: `Delete what uses it first: stack ${type} delete ${first.name}`,
          });
        }
        await database.deleteFrom('flavors').where('type', '=', type).where('name', '=', name).execute();
      }),
  };
}

async function findRow(database: Kysely<Tables>, type: string, name: string): Promise<FlavorRow | undefined> {
  return await database
    .selectFrom('flavors')
    .selectAll()
    .where('type', '=', type)
    .where('name', '=', name)
    .executeTakeFirst();
}

async function flavorNotFound(database: Kysely<Tables>, type: string, name: string): Promise<StackError> {
  const others = await database.selectFrom('flavors').select('name').where('type', '=', type).execute();
  return new StackError({
    code: 'FLAVOR_NOT_FOUND',
    message: `No flavor ${type}/${name} is registered.`,
    hint:
      didYouMean(
        name,
        others.map((other) => other.name),
      ) ?? `See those that are: stack ${type} flavor list`,
  });
}

function flavorColumns(flavor: NewFlavor): Pick<FlavorRow, 'type' | 'name' | 'source' | 'manifest' | 'files'> {
  return {
    type: flavor.type,
    name: flavor.name,
    source: flavor.source,
    manifest: JSON.stringify(flavor.manifest),
    files: JSON.stringify(flavor.files),
  };
}
