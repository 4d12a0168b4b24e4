import { StackError } from '@stack/core/errors';
import type { Transactions } from '../engine.ts';
import type { AppliedDocument, AppliedDocumentTable } from '../metadata-store.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { AppliedDocumentRow } from '../schema/tables.ts';

export function createAppliedDocumentTable(engine: Transactions): AppliedDocumentTable {
  return {
    find: (stackId) =>
      engine.read(async (database) => {
        const row = await database
          .selectFrom('applied_documents')
          .selectAll()
          .where('stack_id', '=', stackId)
          .executeTakeFirst();
        return row === undefined ? undefined : appliedDocument(row);
      }),

    put: (stackId, { document, made }) =>
      engine.write(async (database) => {
        const stack = await database.selectFrom('stacks').select('id').where('id', '=', stackId).executeTakeFirst();
        if (stack === undefined) {
          throw new StackError({
            code: 'STACK_NOT_FOUND',
            message: `There is no stack of the id ${stackId}.`,
            hint: 'It may have been deleted meanwhile.',
          });
        }
        const columns = {
          document: JSON.stringify(document),
          made: JSON.stringify(made),
          applied_at: Date.now(),
        };
        await database
          .insertInto('applied_documents')
          .values({ stack_id: stackId, ...columns })
          .onConflict((conflict) => conflict.column('stack_id').doUpdateSet(columns))
          .execute();
      }),
  };
}

export function appliedDocument(row: AppliedDocumentRow): AppliedDocument {
  const stored = new StoredRow('applied_documents', row.stack_id, row);
  return {
    document: stored.object('document'),
    made: stored.json('made', 'a JSON list of texts', isListOfTexts),
    appliedAt: stored.date('applied_at'),
  };
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
