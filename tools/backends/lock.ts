import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** The code of SQLite for a lock that another has. */
const busy = 5;

/**
 * Does some work while no other process does work with the same lock file. SQLite holds the lock: the system gives it free
 * when a process ends, however it ends, and it needs no program such as flock.
 */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    while (!tryLock(database)) await sleep(200);
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return false;
    throw error;
  }
}
