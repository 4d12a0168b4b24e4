// The program of a thread: raises heartbeats until it is ended.
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import type { HeartbeatOrder } from '../runs/heartbeat.ts';

const { location, holder, interval } = workerData as HeartbeatOrder;
const database = new DatabaseSync(location, { timeout: interval });
const statement = database.prepare('update run_leases set heartbeat = heartbeat + 1 where holder = ?');

setInterval(() => {
  try {
    statement.run(holder);
  } catch {
    // A store that cannot be written tells whoever records the state of a run.
  }
}, interval);
