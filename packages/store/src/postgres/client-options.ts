import { type ClientConfig, types } from 'pg';
import { corruptStore } from './postgres-error.ts';
import type { PostgresLocation } from './postgres-location.ts';

const bigint = 20;
/** Where a process stops in the middle of a transaction, its locks go after this time, in milliseconds. */
const idlePatience = 60_000;

/** How this package connects. What the URL says wins. */
export function clientOptions(location: PostgresLocation, patience: number): ClientConfig {
  return {
    connectionString: location.connectionString,
    application_name: 'stack',
    keepAlive: true,
    connectionTimeoutMillis: patience,
    lock_timeout: patience,
    idle_in_transaction_session_timeout: idlePatience,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === bigint ? (text: string) => safeNumber(text, location) : types.getTypeParser(type, format),
    } as NonNullable<ClientConfig['types']>,
  };
}

function safeNumber(text: string, location: PostgresLocation): number {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  throw corruptStore(location, 'it holds a number that is too large');
}
