import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunRecord, StackError } from '@stack/core';
import type { Project } from '@stack/project';
import { pruneRuns } from './prune-runs.ts';

/** Milliseconds between two looks at which runs there are. */
const pause = 2_000;
/** Milliseconds between two looks at which runs are not kept. */
const pruningPause = 3_600_000;

interface WorkerOptions {
  /** How many runs go on at once. Default: the number of cores. */
  readonly concurrency?: number;
  /** Ends the worker. The runs that it goes on with are left as they are, for the next one. */
  readonly signal: AbortSignal;
  /** Told what happens. */
  readonly onLine: (text: string) => void;
}

/** A run that a worker took up, and how it ended. */
export interface WorkedRun {
  readonly id: string;
  readonly name: string;
  readonly state: RunRecord['state'];
}

/**
 * Deletes the runs of a project that are not kept, and goes on with those that nobody executes any more, each in a process
 * of its own: its code is read anew, and what it does to its process does nothing to the worker.
 */
export class RunWorker {
  readonly #project: Project;
  readonly #options: WorkerOptions;
  readonly #worked: WorkedRun[] = [];
  /** Runs that are watched, or could not go on. */
  readonly #seen = new Map<string, Promise<void>>();
  #free: number;

  constructor(project: Project, options: WorkerOptions) {
    this.#project = project;
    this.#options = options;
    this.#free = options.concurrency ?? availableParallelism();
  }

  /** Goes on with runs as their processes end, until the signal. */
  async work(): Promise<readonly WorkedRun[]> {
    const { signal, onLine } = this.#options;
    onLine(`Waiting for runs of ${this.#project.root} whose process ends. Press ^C to stop.`);
    let prunedAt = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      await this.#look({ wait: true });
      if (performance.now() - prunedAt >= pruningPause) {
        await this.#prune();
        prunedAt = performance.now();
      }
      await delay(pause, undefined, { signal }).catch(() => {});
    }
    await Promise.all(this.#seen.values());
    return this.#worked;
  }

  /** Goes on with the runs that nobody executes now. */
  async workOnce(): Promise<readonly WorkedRun[]> {
    await this.#look({ wait: false });
    await Promise.all(this.#seen.values());
    return this.#worked;
  }

  async #look({ wait }: { readonly wait: boolean }): Promise<void> {
    const running = await this.#project.runs.listRuns({ state: 'running', limit: Number.MAX_SAFE_INTEGER });
    for (const run of running) {
      if (!this.#seen.has(run.id)) this.#seen.set(run.id, this.#watch(run, wait));
    }
  }

  /** Deletes the runs that the rules of the project do not keep. */
  async #prune(): Promise<void> {
    const deleted = await pruneRuns(this.#project);
    for (const { name } of deleted?.runs ?? []) this.#options.onLine(`${name}: deleted, as no rule keeps it`);
    for (const { message } of deleted?.problems ?? []) this.#options.onLine(message);
  }

  async #watch(run: RunRecord, wait: boolean): Promise<void> {
    const { signal, onLine } = this.#options;
    try {
      // Others may be waiting for the same run: whose process comes first goes on with it.
      const lease = await this.#project.runs.claimRun(run.id, { wait, signal });
      await lease[Symbol.asyncDispose]();
      while (this.#free === 0) await delay(pause / 10, undefined, { signal });
      this.#free--;
      try {
        onLine(`${run.name}: goes on`);
        await this.#resume(run);
      } finally {
        this.#free++;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!StackError.is(error)) throw error;
      // Somebody executes it, or it has ended meanwhile.
      if (!['RUN_HELD', 'RUN_NOT_RESUMABLE'].includes(error.code)) onLine(`${run.name}: ${error.message}`);
    }
  }

  async #resume({ id, name }: RunRecord): Promise<void> {
    const { signal, onLine } = this.#options;
    const words = [...process.execArgv, process.argv[1] ?? '', 'run', 'resume', id, '--json'];
    // A group of its own, so that ^C does not reach it: that would cancel the run.
    const child = spawn(process.execPath, words, {
      cwd: this.#project.root,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(child, 'close');
    signal.removeEventListener('abort', kill);
    const error = signal.aborted ? undefined : errorOf(output);
    if (error?.code === 'RUN_HELD') {
      // Another worker was faster, and may end before the run does.
      this.#seen.delete(id);
      return;
    }
    const { state } = await this.#project.runs.getRun(id);
    this.#worked.push({ id, name, state });
    const problem = error === undefined ? '' : `: ${error.message}`;
    onLine(`${name}: ${state === 'running' ? 'is left as it is' : state}${problem}`);
  }
}

/** The error of the document that a command printed. */
function errorOf(output: string): { readonly code: string; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(output) as { readonly error?: { readonly code: string; readonly message: string } };
    return error;
  } catch {
    return { code: 'INTERNAL', message: 'its process was ended' };
  }
}
