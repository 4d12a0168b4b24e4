import { randomUUID } from 'node:crypto';
import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Transactions } from '../engine.ts';
import type { ComponentRecord, ComponentTable } from '../metadata-store.ts';
import { chooseId, formatNames, nameOrIdFits } from '../reference.ts';
import type { ComponentRow, Tables } from '../schema/tables.ts';
import { componentRecord } from './component-record.ts';

export function createComponentTable(engine: Transactions): ComponentTable {
  return {
    add: (component) =>
      engine.write(async (database) => {
        await checkNameIsFree(database, component.type, component.name);
        const now = Date.now();
        const row: ComponentRow = {
          id: randomUUID(),
          type: component.type,
          name: component.name,
          flavor: component.flavor,
          config_version: component.configVersion,
          config: JSON.stringify(component.config),
          settings: JSON.stringify(component.settings ?? {}),
          labels: JSON.stringify(component.labels ?? {}),
          is_protected: component.isProtected === true ? 1 : 0,
          created_at: now,
          updated_at: now,
        };
        await database.insertInto('components').values(row).execute();
        return componentRecord(row);
      }),

    get: (type, reference) =>
      engine.read(async (database) => componentRecord(await findComponent(database, type, reference))),

    list: ({ type, flavor, labels = {} } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('components').selectAll().orderBy('type').orderBy('name');
        if (type !== undefined) query = query.where('type', '=', type);
        if (flavor !== undefined) query = query.where('flavor', '=', flavor);
        const records = (await query.execute()).map(componentRecord);
        return records.filter((record) => hasLabels(record, labels));
      }),

    update: (type, reference, change) =>
      engine.write(async (database) => {
        const row = await findComponent(database, type, reference);
        checkNotProtected(row);
        const { name, config, settings, labels, configVersion } = change(componentRecord(row));
        if (name !== undefined && name !== row.name) await checkNameIsFree(database, type, name);
        const changed: ComponentRow = {
          ...row,
          name: name ?? row.name,
          config: config === undefined ? row.config : JSON.stringify(config),
          settings: settings === undefined ? row.settings : JSON.stringify(settings),
          labels: labels === undefined ? row.labels : JSON.stringify(labels),
          config_version: configVersion ?? row.config_version,
          updated_at: Date.now(),
        };
        await database.updateTable('components').set(changed).where('id', '=', row.id).execute();
        return componentRecord(changed);
      }),

    remove: (type, reference) =>
      engine.write(async (database) => {
        const row = await findComponent(database, type, reference);
        checkNotProtected(row);
        const users = await database
          .selectFrom('stack_components')
          .innerJoin('stacks', 'stacks.id', 'stack_components.stack_id')
          .select('stacks.name')
          .where('stack_components.component_id', '=', row.id)
          .orderBy('stacks.name')
          .execute();
        if (users.length > 0) {
          throw new StackError({
            code: 'IN_USE',
            message: `The ${type} "${row.name}" is used by ${users.length} ${users.length === 1 ? 'stack' : 'stacks'}: ${formatNames(users.map((user) => user.name))}.`,
            hint: 'Delete those stacks first, or give them another component.',
          });
        }
        await database.deleteFrom('components').where('id', '=', row.id).execute();
      }),
  };
}

/** The row, unread: what is wrong with one of its columns must not keep it from being deleted. */
async function findComponent(database: Kysely<Tables>, type: string, reference: string): Promise<ComponentRow> {
  const candidates = await database
    .selectFrom('components')
    .selectAll()
    .where('type', '=', type)
    .where(nameOrIdFits(reference))
    .execute();
  const id = chooseId(reference, candidates, 'components');
  const row = candidates.find((candidate) => candidate.id === id);
  if (row !== undefined) return row;
  const others = await database.selectFrom('components').select('name').where('type', '=', type).execute();
  const names = others.map((other) => other.name);
  throw new StackError({
    code: 'COMPONENT_NOT_FOUND',
    message: `There is no ${type} "${reference}".`,
    hint: didYouMean(reference, names) ?? `See those that there are: stack ${type} list`,
  });
}

async function checkNameIsFree(database: Kysely<Tables>, type: string, name: string): Promise<void> {
  const taken = await database
    .selectFrom('components')
    .select('id')
    .where('type', '=', type)
    .where('name', '=', name)
    .executeTakeFirst();
  if (taken === undefined) return;
  throw new StackError({
    code: 'ALREADY_EXISTS',
    message: `The name "${name}" is taken by another ${type}.`,
    hint: `Choose another name, or look at that one: stack ${type} describe ${name}`,
  });
}

function checkNotProtected({ type, name, is_protected }: ComponentRow): void {
  if (is_protected === 0) return;
  throw new StackError({
    code: 'PROTECTED',
    message: `The ${type} "${name}" belongs to the default stack: it cannot be changed or deleted.`,
    hint: `Register one of your own: stack ${type} register NAME --flavor=FLAVOR`,
  });
}

export function hasLabels(record: Pick<ComponentRecord, 'labels'>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => record.labels[key] === value);
}
