// The program of a thread: raises heartbeats until it is ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { Client } from 'pg';
import type { HeartbeatOrder } from '../runs/heartbeat.ts';

const { location, holder, interval } = workerData as HeartbeatOrder;

for (;;) {
  const client = new Client({ connectionString: location, application_name: 'stack-heartbeat', keepAlive: true });
  // A connection that breaks is an error of the next beat.
  client.on('error', () => {});
  try {
    await client.connect();
    for (;;) {
      await client.query('update run_leases set heartbeat = heartbeat + 1 where holder = $1', [holder]);
      await sleep(interval);
    }
  } catch {
    // A server that is away tells whoever records the state of a run.
    await client.end().catch(() => {});
    await sleep(interval);
  }
}
