import { randomUUID } from 'node:crypto';
import { didYouMean, StackError } from '@stack/core/errors';
import type { Kysely } from 'kysely';
import { componentRecord } from '../components/component-record.ts';
import { fits, hasLabels } from '../components/component-table.ts';
import type { Transactions } from '../engine.ts';
import type { ComponentRecord, RemovedStack, StackRecord, StackTable } from '../metadata-store.ts';
import { chooseId, nameOrIdFits } from '../reference.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { StackRow, Tables } from '../schema/tables.ts';

/** The setting whose value is the id of the active stack. */
const activeStack = 'active-stack';

export function createStackTable(engine: Transactions): StackTable {
  return {
    add: (stack) =>
      engine.write(async (database) => {
        await checkNameIsFree(database, stack.name);
        const now = Date.now();
        const row: StackRow = {
          id: randomUUID(),
          name: stack.name,
          labels: JSON.stringify(stack.labels ?? {}),
          is_protected: stack.isProtected === true ? 1 : 0,
          created_at: now,
          updated_at: now,
        };
        await database.insertInto('stacks').values(row).execute();
        await setComponents(database, row, stack.components);
        return await stackRecord(database, row);
      }),

    get: (reference) => engine.read(async (database) => stackRecord(database, await findStack(database, reference))),

    list: ({ name, labels = {}, components = [], limit, after } = {}) =>
      engine.read(async (database) => {
        let query = database.selectFrom('stacks').selectAll().orderBy('name');
        for (const id of new Set(components)) {
          const stacks = database.selectFrom('stack_components').select('stack_id').where('component_id', '=', id);
          query = query.where('id', 'in', stacks);
        }
        if (after !== undefined) query = query.where('name', '>', after.name);
        const rows = (await query.execute()).filter((row) => name === undefined || fits(name, row.name));
        const records = await stackRecords(database, rows);
        return records.filter((record) => hasLabels(record, labels)).slice(0, limit);
      }),

    update: (reference, change) =>
      engine.write(async (database) => {
        const row = await findStack(database, reference);
        checkNotProtected(row);
        const { name, labels, components } = change(await stackRecord(database, row));
        if (name !== undefined && name !== row.name) await checkNameIsFree(database, name);
        const changed: StackRow = {
          ...row,
          name: name ?? row.name,
          labels: labels === undefined ? row.labels : JSON.stringify(labels),
          updated_at: Date.now(),
        };
        await database.updateTable('stacks').set(changed).where('id', '=', row.id).execute();
        if (components !== undefined) await setComponents(database, changed, components);
        return await stackRecord(database, changed);
      }),

    remove: (reference, { recursive = false } = {}) =>
      engine.write(async (database) => {
        const row = await findStack(database, reference);
        checkNotProtected(row);
        if ((await activeId(database)) === row.id) {
          throw new StackError({
            code: 'IN_USE',
            message: `The stack "${row.name}" is the active one.`,
            hint: 'Make another one active first: stack set default',
          });
        }
        // Rows, unread: what is wrong with one of their columns must not keep them from being deleted.
        const parts = await database
          .selectFrom('stack_components')
          .innerJoin('components', 'components.id', 'stack_components.component_id')
          .select(['components.id', 'components.type', 'components.name', 'components.is_protected'])
          .where('stack_components.stack_id', '=', row.id)
          .orderBy('stack_components.position')
          .execute();
        await database.deleteFrom('stacks').where('id', '=', row.id).execute();
        const removable = recursive ? parts.filter(({ is_protected }) => is_protected === 0) : [];
        const components: RemovedStack['components'][number][] = [];
        for (const { id, type, name } of removable) {
          if (await removeUnused(database, id)) components.push({ id, type, name });
        }
        return { id: row.id, name: row.name, components };
      }),

    active: () =>
      engine.read(async (database) => {
        const id = await activeId(database);
        if (id !== undefined) return await stackRecord(database, await findStack(database, id));
        throw new StackError({
          code: 'STACK_NOT_FOUND',
          message: 'No stack is active.',
          hint: 'Choose one: stack set NAME',
        });
      }),

    activate: (reference) =>
      engine.write(async (database) => {
        const row = await findStack(database, reference);
        await database
          .insertInto('settings')
          .values({ key: activeStack, value: row.id })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: row.id }))
          .execute();
        return await stackRecord(database, row);
      }),
  };
}

async function stackRecord(database: Kysely<Tables>, row: StackRow): Promise<StackRecord> {
  const [record] = await stackRecords(database, [row]);
  return record as StackRecord;
}

async function stackRecords(database: Kysely<Tables>, rows: readonly StackRow[]): Promise<StackRecord[]> {
  let query = database
    .selectFrom('stack_components')
    .innerJoin('components', 'components.id', 'stack_components.component_id')
    .selectAll('components')
    .select('stack_components.stack_id')
    .orderBy('stack_components.position');
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) query = query.where('stack_components.stack_id', '=', only.id);
  const components = new Map<string, ComponentRecord[]>(rows.map(({ id }) => [id, []]));
  for (const { stack_id, ...component } of await query.execute()) {
    components.get(stack_id)?.push(componentRecord(component));
  }
  return rows.map((row) => {
    const stored = new StoredRow('stacks', row.id, row);
    return {
      id: row.id,
      name: row.name,
      components: components.get(row.id) ?? [],
      labels: stored.texts('labels'),
      isProtected: row.is_protected === 1,
      createdAt: stored.date('created_at'),
      updatedAt: stored.date('updated_at'),
    };
  });
}

async function setComponents(database: Kysely<Tables>, stack: StackRow, ids: readonly string[]): Promise<void> {
  await database.deleteFrom('stack_components').where('stack_id', '=', stack.id).execute();
  for (const [position, id] of ids.entries()) {
    const component = await database.selectFrom('components').select('name').where('id', '=', id).executeTakeFirst();
    if (component === undefined) {
      throw new StackError({
        code: 'COMPONENT_NOT_FOUND',
        message: `There is no component of the id ${id} for the stack "${stack.name}".`,
        hint: 'It may have been deleted meanwhile.',
      });
    }
    const { numInsertedOrUpdatedRows } = await database
      .insertInto('stack_components')
      .values({ stack_id: stack.id, component_id: id, position })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `The component "${component.name}" is given twice for the stack "${stack.name}".`,
      });
    }
  }
}

/** Removes a component that no stack has. */
async function removeUnused(database: Kysely<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('components')
    .where('id', '=', id)
    .where('id', 'not in', database.selectFrom('stack_components').select('component_id'))
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

async function activeId(database: Kysely<Tables>): Promise<string | undefined> {
  const setting = await database
    .selectFrom('settings')
    .select('value')
    .where('key', '=', activeStack)
    .executeTakeFirst();
  return setting?.value;
}

async function findStack(database: Kysely<Tables>, reference: string): Promise<StackRow> {
  const candidates = await database.selectFrom('stacks').selectAll().where(nameOrIdFits(reference)).execute();
  const id = chooseId(reference, candidates, 'stacks');
  const row = candidates.find((candidate) => candidate.id === id);
  if (row !== undefined) return row;
  const others = await database.selectFrom('stacks').select('name').execute();
  const names = others.map((other) => other.name);
  throw new StackError({
    code: 'STACK_NOT_FOUND',
    message: `There is no stack "${reference}".`,
    hint: didYouMean(reference, names) ?? 'See those that there are: stack list',
  });
}

async function checkNameIsFree(database: Kysely<Tables>, name: string): Promise<void> {
  const taken = await database.selectFrom('stacks').select('id').where('name', '=', name).executeTakeFirst();
  if (taken === undefined) return;
  throw new StackError({
    code: 'ALREADY_EXISTS',
    message: `The name "${name}" is taken by another stack.`,
    hint: `Choose another name, or look at that one: stack describe ${name}`,
  });
}

function checkNotProtected({ name, is_protected }: StackRow): void {
  if (is_protected === 0) return;
  throw new StackError({
    code: 'PROTECTED',
    message: `The stack "${name}" is the default one: it cannot be changed or deleted.`,
    hint: 'Register one of your own: stack register NAME --orchestrator ORCHESTRATOR --artifact-store ARTIFACT_STORE',
  });
}
