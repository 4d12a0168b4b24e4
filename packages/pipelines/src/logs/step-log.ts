import { type ArtifactStore, StackError } from '@stack/core';
import { LineLog } from './line-log.ts';
import { type LogLevel, outsideSteps } from './output-capture.ts';

/** One line of what a step printed or logged. */
export interface StepLogLine {
  readonly time: Date;
  readonly level: LogLevel;
  /** Without a line break. Secrets are masked. */
  readonly text: string;
}

/** A chunk is written when it has so many characters, or after the flush interval. */
const chunkLength = 64 * 1024;
/** What is held, at most, while the store does not take it. Lines beyond it are dropped, and counted. */
const maximumPendingLength = 16 * 1024 * 1024;
/** The time from a line to its chunk: each chunk waits a second longer, so that a long step writes few objects. */
const shortestFlushInterval = 1_000;
const longestFlushInterval = 30_000;

export interface StepLogOptions {
  readonly store: ArtifactStore;
  readonly runId: string;
  readonly step: string;
  readonly onLine: (line: StepLogLine) => void;
  /** Called once, for the first chunk that cannot be written. */
  readonly onError: (error: unknown) => void;
}

/**
 * The log of a step, kept in the artifact store as numbered chunks of JSON lines, each an object that never
 * changes. A chunk that cannot be written is lost, and no error of the step.
 */
export class StepLog extends LineLog {
  readonly #options: StepLogOptions;
  #pending: string[] = [];
  #pendingLength = 0;
  #dropped = 0;
  #chunks = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: StepLogOptions) {
    super();
    this.#options = options;
  }

  /** Writes what is left. Later lines are dropped. */
  async close(): Promise<void> {
    this.endLines();
    this.#isClosed = true;
    this.#flush();
    // A chunk that was being written is followed by one with the rest.
    while (this.#writing !== undefined) await this.#writing;
  }

  protected override append(level: LogLevel, text: string): void {
    if (this.#isClosed) return;
    const line: StepLogLine = { time: new Date(), level, text };
    this.#options.onLine(line);
    if (this.#pendingLength > maximumPendingLength) {
      this.#dropped++;
      return;
    }
    this.#push(line);
    if (this.#pendingLength >= chunkLength) this.#flush();
    else this.#startTimer();
  }

  #push(line: StepLogLine): void {
    const entry = `${JSON.stringify(line)}\n`;
    this.#pending.push(entry);
    this.#pendingLength += entry.length;
  }

  #startTimer(): void {
    const delay = Math.min(longestFlushInterval, shortestFlushInterval * (this.#chunks + 1));
    this.#timer ??= outsideSteps(() => setTimeout(() => this.#flush(), delay).unref());
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing !== undefined) return;
    if (this.#dropped > 0) {
      const text = `${this.#dropped} lines are missing here: the artifact store did not take them in time.`;
      this.#push({ time: new Date(), level: 'warn', text });
      this.#dropped = 0;
    }
    if (this.#pending.length === 0) return;
    const chunk = this.#pending.join('');
    this.#pending = [];
    this.#pendingLength = 0;
    this.#writing = outsideSteps(() => this.#writeChunkObject(chunk)).then(() => {
      this.#writing = undefined;
      if (this.#isClosed || this.#pendingLength >= chunkLength) this.#flush();
      else if (this.#pending.length > 0) this.#startTimer();
    });
  }

  async #writeChunkObject(chunk: string): Promise<void> {
    const { store, runId, step, onError } = this.#options;
    try {
      while (!(await this.#writeIfAbsent(store, stepLogChunkPath(runId, step, this.#chunks++), chunk)));
    } catch (error) {
      if (!this.#hasFailed) onError(error);
      this.#hasFailed = true;
    }
  }

  /** Another process may have written a chunk of this number, for an earlier start of the step. */
  async #writeIfAbsent(store: ArtifactStore, path: string, chunk: string): Promise<boolean> {
    try {
      await store.write(path, chunk, { ifAbsent: true });
      return true;
    } catch (error) {
      if (StackError.is(error, 'ALREADY_EXISTS')) return false;
      throw error;
    }
  }
}

/** The folder of the logs of a run in an artifact store. */
export function runLogFolder(runId: string): string {
  return `logs/${runId}`;
}

/** The folder of a step's log in an artifact store. */
export function stepLogFolder(runId: string, step: string): string {
  return `${runLogFolder(runId)}/${step}`;
}

function stepLogChunkPath(runId: string, step: string, chunk: number): string {
  return `${stepLogFolder(runId, step)}/${String(chunk).padStart(6, '0')}.jsonl`;
}
