import { Worker } from 'node:worker_threads';

/** What a thread needs to raise the heartbeats of the runs that an open store holds. */
export interface HeartbeatOrder {
  /** What its driver connects to. */
  readonly location: string;
  readonly holder: string;
  /** Milliseconds between two beats. */
  readonly interval: number;
}

/**
 * Starts a thread that raises heartbeats while the rest of the process is busy. It keeps no process alive.
 *
 * @param folder of the program, which takes a `HeartbeatOrder` as its data, and imports as little as it can
 */
export function startHeartbeat(folder: 'sqlite' | 'postgres', order: HeartbeatOrder): AsyncDisposable {
  const program = findProgram(folder);
  // Where an application was bundled, the heartbeats of the process itself are all that there is.
  if (program === undefined) return { [Symbol.asyncDispose]: async () => {} };
  // Options of this process such as `--input-type` do not fit a file.
  const thread = new Worker(program, { workerData: order, execArgv: [], name: 'stack-heartbeat' });
  thread.on('error', () => {});
  thread.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      // Whoever waits for its end keeps the process alive until then.
      thread.ref();
      await thread.terminate();
    },
  };
}

/** From the entry of this package on, since the build puts this module into another file. */
function findProgram(folder: string): URL | undefined {
  try {
    return new URL(import.meta.resolve('@stack/store').replace(/index(\.[jt]s)$/, `${folder}/heartbeat-thread$1`));
  } catch {
    return undefined;
  }
}
