import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { askProcess } from '../ask-process.ts';
import type { EnginePlace, Shape } from './benched-engine.ts';
import type { EngineName } from './engines.ts';

/** What the process of an engine is asked, one after the other. */
export type Question =
  | { readonly ask: 'open'; readonly engine: EngineName; readonly place: EnginePlace }
  | { readonly ask: 'prepare'; readonly shape: Shape; readonly steps: number }
  /** Runs what was prepared, so often, each time on other values. */
  | { readonly ask: 'run'; readonly runs: number }
  /** Runs a pipeline whose steps are cached, once it has run for the first time. */
  | { readonly ask: 'run-cached' }
  | { readonly ask: 'memory' }
  | { readonly ask: 'close' };

export interface Answers {
  /** What does the work. */
  readonly open: { readonly by: string };
  readonly prepare: { readonly lacking?: string };
  readonly run: { readonly milliseconds: number };
  readonly 'run-cached': { readonly milliseconds: number };
  /** The most bytes that the process has held until now. */
  readonly memory: { readonly bytes: number };
  readonly close: object;
}

/** An engine in a process of its own, which ends with this process. */
export class EngineProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(nodeOptions: readonly string[]) {
    this.#child = fork(join(import.meta.dirname, 'engine-main.ts'), {
      // Nothing of the caller's environment, such as NODE_OPTIONS, is measured with it.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR },
      execArgv: [...nodeOptions],
      // What engines print is no result.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  ask<Name extends Question['ask']>(question: Extract<Question, { readonly ask: Name }>): Promise<Answers[Name]> {
    return askProcess(this.#child, question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    await this.ask({ ask: 'close' }).catch(() => {});
    this.#child.kill('SIGKILL');
    await exited;
  }
}
