import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { StackError, type StepHost, type StepTask, type TaskOptions, TemporaryFolder } from '@stack/core';
import type { LocalOrchestratorSettings } from './config.ts';
import { residentMemory } from './resident-memory.ts';

/** From the signal that a program may handle to the one that it may not, in milliseconds: longer than a step has. */
const terminationGrace = 7_000;
/** How long the output of a program that has ended is waited for: what it started may keep it open. */
const outputGrace = 500;
const memoryInterval = 100;
const mebibyte = 1024 * 1024;
/** As much of the end of the standard error as tells what V8 died of. */
const keptError = 4096;

/** Runs attempts of steps in processes of this machine, each with a process group and a temporary folder of its own. */
export class ProcessHost implements StepHost {
  readonly #settings: Pick<LocalOrchestratorSettings, 'memoryLimit' | 'timeLimit'>;

  constructor(settings: Pick<LocalOrchestratorSettings, 'memoryLimit' | 'timeLimit'>) {
    this.#settings = settings;
  }

  async runTask({ command, order }: StepTask, { signal, onMessage, onOutput }: TaskOptions): Promise<void> {
    const [program, ...words] = command;
    await using folder = makeFolder();
    // A group of its own: ^C does not reach it, and what it starts can be ended with it.
    const child = spawn(program, words, {
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...this.#environment(), ...temporaryFilesIn(folder.path) },
    });
    using end = new ProcessEnd(child, signal);
    const { memoryLimit, timeLimit } = this.#settings;
    using _time = atTime(timeLimit, () => end.terminate(timeExceeded(timeLimit)));
    using _memory = watchMemory(child, memoryLimit, (taken) => end.kill(memoryExceeded(taken, memoryLimit)));
    let errorTail = '';
    child.stdout?.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      errorTail = (errorTail + chunk.toString()).slice(-keptError);
      onOutput('stderr', chunk);
    });
    createInterface({ input: child.stdio[3] as Readable }).on('line', onMessage);
    // Held open: its end tells the program that this process is gone.
    child.stdin?.on('error', () => {}).write(`${order}\n`);
    let exit: [exitCode: number | null, exitSignal: NodeJS.Signals | null];
    try {
      exit = (await once(child, 'close')) as typeof exit;
    } catch (cause) {
      throw notStarted(cause);
    }
    if (end.reason !== undefined) throw end.reason;
    const [exitCode, exitSignal] = exit;
    if (exitCode === 0) return;
    if (/heap out of memory/i.test(errorTail)) throw memoryExceeded(undefined, memoryLimit);
    throw processEnded(exitSignal === null ? `ended with exit code ${exitCode}` : `was ended by ${exitSignal}`);
  }

  /** What this process has, since steps run here, too. */
  #environment(): NodeJS.ProcessEnv {
    const { memoryLimit } = this.#settings;
    if (memoryLimit === undefined) return process.env;
    const { NODE_OPTIONS: options = '' } = process.env;
    return { ...process.env, NODE_OPTIONS: `${options} --max-old-space-size=${memoryLimit}`.trim() };
  }
}

function makeFolder(): TemporaryFolder {
  try {
    return new TemporaryFolder('step');
  } catch (cause) {
    throw notStarted(cause);
  }
}

/** The variables that name the folder, and one by which the process knows that it is its own. */
function temporaryFilesIn(folder: string): NodeJS.ProcessEnv {
  return {
    // What is compiled is of use to others.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
    TMPDIR: folder,
    TMP: folder,
    TEMP: folder,
    STACK_STEP_FOLDER: folder,
  };
}

/** Those that go when this process does. */
const running = new Set<ProcessEnd>();

function endAll(): void {
  for (const end of running) end.kill(stopped());
}

/** Ends a process and what it started, until it is disposed of. */
class ProcessEnd implements Disposable {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onAbort = (): void => this.terminate();
  #reason: StackError | undefined;

  constructor(child: ChildProcess, signal: AbortSignal) {
    this.#child = child;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    // One listener for all: Node warns of many.
    if (running.size === 0) process.on('exit', endAll);
    running.add(this);
    child.once('exit', () => {
      // What it started goes with it, and does not keep its output open.
      this.#send('SIGKILL');
      this.#timers.push(setTimeout(() => this.#closeOutput(), outputGrace));
    });
    if (signal.aborted) this.terminate();
  }

  /** Why it was ended by this process. */
  get reason(): StackError | undefined {
    return this.#reason;
  }

  terminate(reason: StackError = stopped()): void {
    this.#reason ??= reason;
    this.#child.kill('SIGTERM');
    this.#timers.push(setTimeout(() => this.#send('SIGKILL'), terminationGrace));
  }

  kill(reason: StackError): void {
    this.#reason ??= reason;
    this.#send('SIGKILL');
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    running.delete(this);
    if (running.size === 0) process.off('exit', endAll);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #send(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of it is left; or there are no groups here, as on Windows.
      this.#child.kill(signal);
    }
  }

  #closeOutput(): void {
    for (const stream of this.#child.stdio) stream?.destroy();
  }
}

function atTime(milliseconds: number | undefined, act: () => void): Disposable {
  const timer = milliseconds === undefined ? undefined : setTimeout(act, milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function watchMemory(
  { pid }: ChildProcess,
  limit: number | undefined,
  onExceeded: (taken: number) => void,
): Disposable {
  const look = async (): Promise<void> => {
    const bytes = pid === undefined ? undefined : await residentMemory(pid);
    const taken = (bytes ?? 0) / mebibyte;
    if (limit !== undefined && taken > limit) onExceeded(Math.ceil(taken));
  };
  const timer = limit === undefined ? undefined : setInterval(() => void look(), memoryInterval);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function notStarted(cause: unknown): StackError {
  return processEnded(`cannot be started: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
}

function processEnded(how: string, cause?: unknown): StackError {
  return new StackError({
    code: 'STEP_PROCESS_ENDED',
    message: `The process of the step ${how} before the step was done.`,
    hint: 'See what it printed: it is in the log of the step.',
    cause,
  });
}

function stopped(): StackError {
  return new StackError({ code: 'ABORTED', message: 'The process of the step was told to stop.' });
}

function timeExceeded(limit: number | undefined): StackError {
  return new StackError({
    code: 'TIMEOUT',
    message: `The process of the step took longer than its time limit of ${limit} ms.`,
    hint: 'Raise the setting timeLimit of the orchestrator for this step, or let it do less.',
  });
}

function memoryExceeded(taken: number | undefined, limit: number | undefined): StackError {
  const what = taken === undefined ? 'ran out of memory' : `took ${taken} MiB of memory`;
  return new StackError({
    code: 'STEP_MEMORY_EXCEEDED',
    message: `The process of the step ${what}${limit === undefined ? '' : `, and its limit is ${limit} MiB`}.`,
    hint: 'Raise the setting memoryLimit of the orchestrator for this step, or let it hold less at once.',
  });
}
