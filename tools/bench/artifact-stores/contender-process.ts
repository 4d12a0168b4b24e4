import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationName } from './benched-store.ts';
import type { ContenderName } from './contenders.ts';
import type { Place } from './place.ts';
import type { Turn } from './turns.ts';

/** What the process of a contender is asked, one after the other. */
export type Question =
  | {
      readonly ask: 'open';
      readonly contender: ContenderName;
      readonly place: Place;
      readonly operation: OperationName;
    }
  | { readonly ask: 'turn'; readonly operation: OperationName; readonly turn: Turn }
  | { readonly ask: 'memory' };

export interface Result {
  /** Of a contender that was opened and has the operation: what does the work. */
  readonly by?: string;
  /** Of another one: why it does not do it. */
  readonly lacking?: string;
  readonly memory?: number;
}

export type Answer = { readonly result: Result } | { readonly error: string };

/** Milliseconds that a turn may take. */
const timeLimit = 300_000;

/** A contender in a process of its own, for one operation. It ends with this process. */
export class ContenderProcess implements AsyncDisposable {
  readonly #operation: OperationName;
  // Nothing of the caller's environment, such as NODE_OPTIONS, is measured with it.
  readonly #child = fork(join(import.meta.dirname, 'contender-main.ts'), {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR },
    // What an SDK says of its own listeners is no result.
    execArgv: ['--disable-warning=MaxListenersExceededWarning'],
  });

  constructor(operation: OperationName) {
    this.#operation = operation;
  }

  /** What does the work, or why the contender does not do it at this place. */
  async open(contender: ContenderName, place: Place): Promise<Pick<Result, 'by' | 'lacking'>> {
    return this.#ask({ ask: 'open', contender, place, operation: this.#operation });
  }

  async turn(turn: Turn): Promise<void> {
    await this.#ask({ ask: 'turn', operation: this.#operation, turn });
  }

  /** The most bytes that the process has held until now. */
  async peakMemory(): Promise<number> {
    return (await this.#ask({ ask: 'memory' })).memory ?? Number.NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #ask(question: Question): Promise<Result> {
    const stop = new AbortController();
    const { signal } = stop;
    try {
      this.#child.send(question);
      const answered = once(this.#child, 'message', { signal }) as Promise<[Answer]>;
      const exited = once(this.#child, 'exit', { signal }).then(([code, by]) => {
        throw new Error(`its process ended with ${String(by ?? code)}`);
      });
      const late = sleep(timeLimit, undefined, { signal }).then(() => {
        throw new Error(`it takes more than ${timeLimit / 1000} s`);
      });
      const [answer] = await Promise.race([answered, exited, late]);
      if ('error' in answer) throw new Error(answer.error);
      return answer.result;
    } finally {
      stop.abort();
    }
  }
}
