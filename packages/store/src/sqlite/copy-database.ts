import { backup, DatabaseSync } from 'node:sqlite';
import { retryWhileBusy } from '../retry-while-busy.ts';
import { storeError, whileLocked } from './sqlite-error.ts';

/** All at once: a copy that is made in parts begins again when somebody writes between two of them. */
const pagesAtOnce = 2 ** 31 - 1;

/**
 * Copies a database into a new file, as it is at one moment.
 *
 * @throws NO_SPACE, STORE_UNAVAILABLE, STORE_CORRUPT
 */
export async function copyDatabase(source: DatabaseSync, file: string, patience: number): Promise<void> {
  await replaceDatabase(source, file, patience);
  try {
    using copy = new DatabaseSync(file);
    // One file holds it all, and can be read where nothing may be written.
    copy.exec('pragma journal_mode = delete');
  } catch (error) {
    throw storeError(error, file);
  }
}

/**
 * Puts the content of a database in the place of another's, in one transaction: whoever has that open sees the one or
 * the other.
 *
 * @throws NO_SPACE, STORE_UNAVAILABLE, STORE_CORRUPT
 */
export async function replaceDatabase(source: DatabaseSync, file: string, patience: number): Promise<void> {
  const options = whileLocked(file, patience);
  const isBusy = (error: unknown) => options.isBusy(error) || isUnnamed(error);
  try {
    await retryWhileBusy({ ...options, isBusy }, () => backup(source, file, { rate: pagesAtOnce }));
  } catch (error) {
    throw storeError(error, file);
  }
}

/** When another process has the file locked, Node's `backup` fails with the code for success. */
function isUnnamed(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 0;
}
