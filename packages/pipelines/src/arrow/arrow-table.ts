import { type JsonObject, type JsonValue, StackError } from '@stack/core';
import type { Field, Schema, Table } from 'apache-arrow';
import { defineMaterializer, type Materializer } from '../artifacts/materializer.ts';

/** What the library marks its tables with, in all of its copies. */
const tableBrand = Symbol.for('apache-arrow/Table');

/**
 * Stores the tables of `apache-arrow` in the stream format of Arrow IPC, which programs in other languages read too, and
 * records their columns and types as the schema of the artifact: `pipeline({ materializers: [arrowTable] })`. The library is
 * loaded when the first table is stored or loaded. Beside a table, all its bytes are in memory while it is stored and loaded.
 *
 * It throws `DEPENDENCY_MISSING` where `apache-arrow` is not installed.
 */
export const arrowTable: Materializer<Table> = defineMaterializer<Table>({
  name: 'arrow-table',
  matches: (value): value is Table => typeof value === 'object' && value !== null && tableBrand in value,
  serialize: async (table) => (await loadLibrary()).tableToIPC(table, 'stream'),
  deserialize: async (stored) => {
    const { tableFromIPC } = await loadLibrary();
    return tableFromIPC(await stored.bytes());
  },
  schema: ({ schema }) => describeSchema(schema),
});

async function loadLibrary(): Promise<typeof import('apache-arrow')> {
  try {
    return await import('apache-arrow');
  } catch (error) {
    throw new StackError({
      code: 'DEPENDENCY_MISSING',
      message: 'The package "apache-arrow" is not installed, and tables are stored by it.',
      hint: 'Install it in the project: npm install apache-arrow',
      cause: error,
    });
  }
}

function describeSchema({ fields, metadata }: Schema): JsonObject {
  return { fields: fields.map(describeField), ...describeMetadata(metadata) };
}

/** Types as the library writes them: `Dictionary<Int32, Utf8>`, `Timestamp<MICROSECOND, UTC>`, ... */
function describeField({ name, type, nullable, metadata }: Field): JsonValue {
  const children: readonly Field[] = type.children ?? [];
  return {
    name,
    type: String(type),
    nullable,
    ...(children.length === 0 ? {} : { children: children.map(describeField) }),
    ...describeMetadata(metadata),
  };
}

function describeMetadata(metadata: ReadonlyMap<string, string>): JsonObject {
  return metadata.size === 0 ? {} : { metadata: Object.fromEntries(metadata) };
}
