import type { StepLogger } from '../step/step-context.ts';
import { LineStream } from './line-stream.ts';
import { formatValues, type LogLevel, type OutputSink } from './output-capture.ts';

/** A log: takes what a step prints and logs, and makes lines of it, in which secrets are masked. */
export abstract class LineLog implements OutputSink {
  readonly #streams = {
    info: this.openStream('info'),
    warn: this.openStream('warn'),
    error: this.openStream('error'),
    stdout: this.openStream('info'),
    stderr: this.openStream('error'),
  } as const satisfies Record<LogLevel | 'stdout' | 'stderr', LineStream>;

  get logger(): StepLogger {
    const log =
      (level: LogLevel) =>
      (...values: readonly unknown[]) =>
        this.write(level, formatValues(values));
    return { info: log('info'), warn: log('warn'), error: log('error') };
  }

  write(level: LogLevel, text: string): void {
    this.#streams[level].push(`${text}\n`);
  }

  writeChunk(stream: 'stdout' | 'stderr', chunk: string | Uint8Array): void {
    this.#streams[stream].push(chunk);
  }

  /** A further origin of lines. Whoever opens it ends it. */
  openStream(level: LogLevel): LineStream {
    return new LineStream((line) => this.append(level, line));
  }

  /** Ends the last lines. */
  protected endLines(): void {
    for (const stream of Object.values(this.#streams)) stream.end();
  }

  protected abstract append(level: LogLevel, text: string): void;
}
