import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { askProcess } from '../ask-process.ts';
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

  #ask(question: Question): Promise<Result> {
    return askProcess(this.#child, question);
  }
}
