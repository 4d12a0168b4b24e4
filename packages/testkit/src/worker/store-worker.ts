import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { JsonValue } from '@stack/core';
import type { WorkerModule } from '../artifact-store/artifact-store-hooks.ts';
import type { WorkerTask } from './worker-tasks.ts';

/** What the process is asked to do. */
export interface WorkerOrder {
  readonly task: WorkerTask;
  readonly root: string;
  /** Handed to the task. Default: `null`. */
  readonly argument?: JsonValue;
}

export type WorkerMessage = { readonly told: JsonValue } | { readonly failed: string } | { readonly ended: true };

/** The program of the process: beside this module, as it was written or as it was built. */
const program = fileURLToPath(new URL(import.meta.url.replace(/store-worker(\.[jt]s)$/, 'worker-main$1')));

/** A process of its own with a store, which does one task and can be killed meanwhile. */
export class StoreWorker implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #messages: AsyncIterator<[WorkerMessage]>;

  /** @param module makes the store */
  constructor(module: WorkerModule, order: WorkerOrder) {
    // Not those that debug or test this process.
    const options = process.execArgv.filter((option) => !/^--(?:inspect|test|watch)/.test(option));
    this.#process = fork(program, { execArgv: options, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#messages = on(this.#process, 'message', { close: ['exit'] }) as AsyncIterator<[WorkerMessage]>;
    this.#process.send({ module, order });
  }

  /** What the task tells next; `undefined` once it has ended. */
  async next(): Promise<JsonValue | undefined> {
    const { value, done } = await this.#messages.next();
    if (done) throw new Error('the process of the worker ended before its task did');
    const [message] = value as [WorkerMessage];
    if ('failed' in message) throw new Error(`the task of the worker failed: ${message.failed}`);
    return 'told' in message ? message.told : undefined;
  }

  /** Lets the task go on that waits for it. */
  proceed(): void {
    this.#process.send('proceed');
  }

  /** Ends the process at once, as a power cut does. What it has told before, `next` still gives. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
