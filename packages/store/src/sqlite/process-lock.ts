import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { isBusy } from './sqlite-error.ts';

/**
 * Holds a lock until it is disposed of, or this process ends, however it ends. It is a file that an open transaction of
 * SQLite has locked: that is a lock of the system, which frees it at once, and the only one that Node can take without a
 * package.
 */
export function holdProcessLock(file: string): Disposable {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  // Nothing is written: a journal would only be left behind.
  database.exec('pragma journal_mode = memory; begin exclusive');
  return {
    [Symbol.dispose]: () => {
      database.close();
      removeProcessLock(file);
    },
  };
}

/** Whether a process holds it. Those who ask do not get in each other's way. */
export function isProcessLockHeld(file: string): boolean {
  const location = pathToFileURL(file);
  location.search = '?mode=ro';
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(location, { timeout: 0 });
    database.exec('select count(*) from sqlite_schema');
    return false;
  } catch (error) {
    // Of a file that is not there, nobody has locked anything.
    return isBusy(error);
  } finally {
    database?.close();
  }
}

/** Removes what a process left behind that ended without disposing of its lock. */
export function removeProcessLock(file: string): void {
  rmSync(file, { force: true });
}
