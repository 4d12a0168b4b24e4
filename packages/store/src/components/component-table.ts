import { randomUUID } from 'node:crypto';
import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import type { Transactions } from '../engine.ts';
import type { ComponentChange, ComponentFilter, ComponentRecord, ComponentTable } from '../metadata-store.ts';
import { chooseId, formatNames, nameOrIdFits } from '../reference.ts';
import type { ComponentRow, Tables } from '../schema/tables.ts';
import { componentRecord, componentVersion } from './component-record.ts';

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
          flavor_package: component.flavorPackage ?? null,
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

    list: (filter = {}) => engine.read((database) => listComponents(database, filter)),

    update: (type, reference, change) =>
      engine.write(async (database) => {
        const row = await findComponent(database, type, reference);
        checkNotProtected(row);
        return await changeComponent(database, row, change);
      }),

    upgrade: (type, reference, change) =>
      engine.write(async (database) =>
        changeComponent(database, await findComponent(database, type, reference), change),
      ),

    versions: (type, reference) =>
      engine.read(async (database) => {
        const { id } = await findComponent(database, type, reference);
        const rows = await database
          .selectFrom('component_versions')
          .selectAll()
          .where('component_id', '=', id)
          .orderBy('config_version')
          .execute();
        return rows.map(componentVersion);
      }),

    remove: (type, reference) =>
      engine.write(async (database) => {
        const row = await findComponent(database, type, reference);
        checkNotProtected(row);
        await checkNotInUse(database, row);
        await database.deleteFrom('components').where('id', '=', row.id).execute();
      }),
  };
}

async function listComponents(
  database: Kysely<Tables>,
  { type, flavor, flavorPackage, name, labels = {}, limit, after }: ComponentFilter,
): Promise<ComponentRecord[]> {
  let query = database.selectFrom('components').selectAll().orderBy('type').orderBy('name');
  if (type !== undefined) query = query.where('type', '=', type);
  if (flavor !== undefined) query = query.where('flavor', '=', flavor);
  if (flavorPackage !== undefined) query = query.where('flavor_package', '=', flavorPackage);
  if (after !== undefined) {
    query = query.where(({ eb, and, or }) =>
      or([eb('type', '>', after.type), and([eb('type', '=', after.type), eb('name', '>', after.name)])]),
    );
  }
  // Patterns and JSON have no SQL that all engines speak: rows are looked through here, before they are counted.
  const isCountedHere = name !== undefined || Object.keys(labels).length > 0;
  if (limit !== undefined && !isCountedHere) query = query.limit(limit);
  const found = (await query.execute())
    .filter((row) => name === undefined || fits(name, row.name))
    .map(componentRecord);
  return found.filter((record) => hasLabels(record, labels)).slice(0, limit);
}

/** Whether a pattern, in which `*` is any text, fits a whole name. Not by a regular expression: many `*` take it years. */
export function fits(pattern: string, name: string): boolean {
  const [start = '', ...parts] = pattern.split('*');
  const end = parts.pop();
  if (end === undefined) return name === pattern;
  if (!name.startsWith(start)) return false;
  let position = start.length;
  for (const part of parts) {
    const found = name.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return name.slice(position).endsWith(end);
}

async function changeComponent(
  database: Kysely<Tables>,
  row: ComponentRow,
  change: (current: ComponentRecord) => ComponentChange,
): Promise<ComponentRecord> {
  const { name, flavorPackage, config, settings, labels, configVersion } = change(componentRecord(row));
  if (name !== undefined && name !== row.name) await checkNameIsFree(database, row.type, name);
  const now = Date.now();
  const changed: ComponentRow = {
    ...row,
    name: name ?? row.name,
    flavor_package: flavorPackage ?? row.flavor_package,
    config: config === undefined ? row.config : JSON.stringify(config),
    settings: settings === undefined ? row.settings : JSON.stringify(settings),
    labels: labels === undefined ? row.labels : JSON.stringify(labels),
    config_version: configVersion ?? row.config_version,
    updated_at: now,
  };
  if (changed.config_version !== row.config_version) {
    const { id, config_version, config, settings } = row;
    const old = { config_version, config, settings, replaced_at: now };
    await database
      .insertInto('component_versions')
      .values({ component_id: id, ...old })
      .onConflict((conflict) => conflict.columns(['component_id', 'config_version']).doUpdateSet(old))
      .execute();
  }
  await database.updateTable('components').set(changed).where('id', '=', row.id).execute();
  return componentRecord(changed);
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
    message: `The ${type} "${name}" is one that every project has: it cannot be changed or deleted.`,
    hint: `Make one of your own: stack ${type} copy ${name} NEW_NAME`,
  });
}

async function checkNotInUse(database: Kysely<Tables>, { id, type, name }: ComponentRow): Promise<void> {
  const inUse = (use: string, hint: string) =>
    new StackError({ code: 'IN_USE', message: `The ${type} "${name}" ${use}.`, hint });
  const users = await database
    .selectFrom('stack_components')
    .innerJoin('stacks', 'stacks.id', 'stack_components.stack_id')
    .select('stacks.name')
    .where('stack_components.component_id', '=', id)
    .orderBy('stacks.name')
    .execute();
  if (users.length > 0) {
    const stacks = `${users.length} ${users.length === 1 ? 'stack' : 'stacks'}`;
    throw inUse(
      `is used by ${stacks}: ${formatNames(users.map((user) => user.name))}`,
      'Delete those stacks first, or give them another component.',
    );
  }
  const asked = database.selectFrom('secret_store_order').select('position').where('component_id', '=', id);
  if ((await asked.executeTakeFirst()) !== undefined) {
    throw inUse('is one of those that are asked for secrets', 'Name the others: stack secret-store set NAME...');
  }
  const secrets = await database.selectFrom('sealed_secrets').select('name').where('store', '=', id).execute();
  if (secrets.length > 0) {
    const names = formatNames([...new Set(secrets.map((secret) => secret.name))].toSorted());
    throw inUse(`holds secrets: ${names}`, `Delete them first: stack secret list --store ${name}`);
  }
}

export function hasLabels(record: Pick<ComponentRecord, 'labels'>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => record.labels[key] === value);
}
