import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from '@stack/core/errors';
import type { RetryOptions } from '../retry-while-busy.ts';

interface SqliteError extends Error {
  readonly errcode: number;
}

// Primary result codes of SQLite; the extended codes have them in their low byte.
const code = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};
const shortRead = 522;

const noFile = 'there is no such file';

/** What the smallest of SQLite's files needs, in bytes. */
const leastSpace = 65_536;

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** How to wait for other processes. */
export function whileLocked(file: string, patience: number): RetryOptions {
  return { patience, isBusy, giveUp: (cause) => lockedStore(file, patience, cause) };
}

/** Whether another process was in the way, so that it may work when tried again. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && [code.busy, code.locked].includes(error.errcode & 0xff);
}

/** An error of `node:sqlite` as a user should see it; any other error as it is. */
export function storeError(error: unknown, file: string): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE') {
    return corruptStore(file, 'it holds a number that is too large', error);
  }
  if (!isSqliteError(error)) return error;
  switch (error.errcode & 0xff) {
    case code.corrupt:
    case code.notADatabase:
      return corruptStore(file, error.message, error);
    case code.full:
      return noSpace(file, error);
    case code.cannotOpen:
      return unavailable(file, error, reasonNotToOpen(file) ?? error.message);
    case code.ioError:
      if (error.errcode === shortRead) return corruptStore(file, 'it ends too early', error);
      // Some files beside the store cannot grow, and SQLite does not say why.
      return hasSpace(dirname(file)) ? unavailable(file, error, error.message) : noSpace(file, error);
    case code.readOnly:
      return unavailable(file, error, 'it is read-only');
    default:
      if (error.errcode === code.error && error.message.startsWith('no such ')) {
        return corruptStore(file, error.message, error);
      }
      return new StackError({
        code: 'INTERNAL',
        message: `The metadata store ${file} did not take a query: ${error.message}.`,
        cause: error,
      });
  }
}

/** The file is not what this package wrote. */
export function corruptStore(file: string, reason: string, cause?: unknown): StackError {
  return new StackError({
    code: 'STORE_CORRUPT',
    message: `The metadata store ${file} is damaged, or is not one: ${reason}.`,
    hint: `Restore it from a backup. To start with an empty one, move ${file} away and run: stack init`,
    cause,
  });
}

/** The file has nothing in it, as one has that was never written, or cut off. */
export function emptyStore(file: string): StackError {
  return new StackError({
    code: 'STORE_CORRUPT',
    message: `The metadata store ${file} is empty.`,
    hint: 'Restore it from a backup, or start anew in its place: stack init',
  });
}

function lockedStore(file: string, patience: number, cause: unknown): StackError {
  return new StackError({
    code: 'STORE_UNAVAILABLE',
    message: `The metadata store ${file} has been locked by another process for ${patience / 1000} s.`,
    hint: `Find the process that holds it, and end it if it hangs: fuser ${file}`,
    cause,
  });
}

function unavailable(file: string, cause: SqliteError, reason: string): StackError {
  // Whoever has no file may have made the project elsewhere, or with the store in a database.
  const hint =
    reason === noFile
      ? `If the store is in PostgreSQL, set STACK_STORE_URL to its URL; else check that you may write in ${dirname(file)}, and make a new one: stack init`
      : `Check that ${dirname(file)} exists and that you may write in it; a new store is made by: stack init`;
  return new StackError({
    code: 'STORE_UNAVAILABLE',
    message: `The metadata store ${file} cannot be used: ${reason}.`,
    hint,
    cause,
  });
}

function noSpace(file: string, cause: SqliteError): StackError {
  return new StackError({
    code: 'NO_SPACE',
    message: `The disk is full: the metadata store ${file} cannot be written.`,
    hint: `Free some space on the disk of ${dirname(file)}, and try again.`,
    cause,
  });
}

function hasSpace(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= leastSpace;
  } catch {
    return true;
  }
}

/** SQLite only says that it cannot open the file. */
function reasonNotToOpen(file: string): string | undefined {
  const folder = dirname(file);
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
  } catch {
    return `there is no folder ${folder}`;
  }
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return 'it is a folder';
  try {
    accessSync(stats === undefined ? folder : file, constants.R_OK);
    accessSync(folder, constants.W_OK);
  } catch {
    return 'permission is denied';
  }
  return stats === undefined ? noFile : undefined;
}
