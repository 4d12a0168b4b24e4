import { StackError } from '@stack/core/errors';
import type { RetryOptions } from '../retry-while-busy.ts';
import type { PostgresLocation } from './postgres-location.ts';

/** What a server of PostgreSQL answered, in the fields of the driver's error. */
interface ServerError extends Error {
  /** Five characters: a class of two, and three within it. */
  readonly code: string;
  readonly severity: string;
}

const serializationFailure = '40001';
const deadlock = '40P01';
const tooManyConnections = '53300';
const startingUp = '57P03';

export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/** How to wait for other processes. */
export function whileContended({ label }: PostgresLocation, patience: number): RetryOptions {
  return {
    patience,
    isBusy: (error) =>
      isServerError(error) && [serializationFailure, deadlock, tooManyConnections, startingUp].includes(error.code),
    giveUp: (cause) =>
      new StackError({
        code: 'STORE_UNAVAILABLE',
        message: `The metadata store ${label} has been busy with other processes for ${patience / 1000} s: ${(cause as Error).message}.`,
        hint: 'See what they do: select * from pg_stat_activity',
        cause,
      }),
  };
}

/** An error of the driver as a user should see it; any other error as it is. */
export function postgresError(error: unknown, location: PostgresLocation): unknown {
  const { label } = location;
  if (StackError.is(error)) return error;
  if (!isServerError(error)) return isConnectionError(error) ? connectionFailed(error, location) : error;
  switch (error.code) {
    case '28P01':
    case '28000':
      return unavailable(location, error, 'Check the user and the password in STACK_STORE_URL.');
    case '3D000':
      return unavailable(location, error, 'Create the database, encoded as UTF8: createdb --encoding=UTF8 NAME');
    case '42501':
      return unavailable(location, error, 'Let the user own the schema: grant all on schema NAME to USER');
    case '25006':
      return unavailable(location, error, 'This server is read-only: connect to the one that it follows.');
    case '55P03':
      return unavailable(location, error, 'Another session holds what is needed. See: select * from pg_stat_activity');
    case '53100':
      return new StackError({
        code: 'NO_SPACE',
        message: `The disk of the server is full: the metadata store ${label} cannot be written.`,
        hint: 'Free some space there, and try again.',
        cause: error,
      });
    // A table, column or schema that is not there; a row that an index has, and the table has not.
    case '42P01':
    case '42703':
    case '3F000':
    case 'XX001':
    case 'XX002':
      return corruptStore(location, error.message, error);
    case '22021':
      return new StackError({
        code: 'ARGUMENT_INVALID',
        message: 'A text holds the character NUL, which PostgreSQL cannot store.',
        hint: 'Leave it out.',
        cause: error,
      });
    default:
      // The classes for connections, for resources, and for a server that stops.
      if (/^(08|53|57)/.test(error.code)) return unavailable(location, error, 'Check the server, and try again.');
      return new StackError({
        code: 'INTERNAL',
        message: `The metadata store ${label} did not take a query: ${error.message} (${error.code}).`,
        cause: error,
      });
  }
}

/** The database is not what this package wrote. */
export function corruptStore({ label }: PostgresLocation, reason: string, cause?: unknown): StackError {
  return new StackError({
    code: 'STORE_CORRUPT',
    message: `The metadata store ${label} is damaged, or is not one: ${reason}.`,
    hint: 'Restore the database from a backup, or give the store a schema of its own: postgres://...?schema=NAME',
    cause,
  });
}

const driverMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout e|The server does not support SSL|There was an error establishing an SSL|SASL|Postgres connection has been discarded)/;

/** The driver has no class for it: some errors have the code of a system call, some have a message alone. */
function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if ('syscall' in error || error instanceof AggregateError) return true;
  if ('code' in error && /^(ERR_TLS|ERR_SSL|CERT|UNABLE|SELF_SIGNED|DEPTH_ZERO)/.test(String(error.code))) return true;
  return driverMessages.test(error.message);
}

function connectionFailed(error: Error, location: PostgresLocation): StackError {
  const reason = error instanceof AggregateError ? error.errors.map(String).join(', ') : error.message;
  const hint = 'Check that the server runs and can be reached from here, and the URL in STACK_STORE_URL.';
  return unavailable(location, error, hint, reason);
}

function unavailable({ label }: PostgresLocation, cause: Error, hint: string, reason = cause.message): StackError {
  return new StackError({
    code: 'STORE_UNAVAILABLE',
    message: `The metadata store ${label} cannot be used: ${reason}.`,
    hint,
    cause,
  });
}
