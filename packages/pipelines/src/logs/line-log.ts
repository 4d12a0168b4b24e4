import type { StepLogger } from '../step/step-context.ts';
import { LineStream } from './line-stream.ts';
import { formatValues, type LogLevel, type OutputSink } from './output-capture.ts';

const levelOf = {
  info: 'info',
  warn: 'warn',
  error: 'error',
  stdout: 'info',
  stderr: 'error',
} as const satisfies Record<LogLevel | 'stdout' | 'stderr', LogLevel>;

type Origin = keyof typeof levelOf;

/** A log: takes what a step prints and logs, and makes lines of it, in which secrets are masked. */
export abstract class LineLog implements OutputSink {
  /** The origins that something came from: of most steps none. */
  readonly #streams = new Map<Origin, LineStream>();

  get logger(): StepLogger {
    const log =
      (level: LogLevel) =>
      (...values: readonly unknown[]) =>
        this.write(level, formatValues(values));
    return { info: log('info'), warn: log('warn'), error: log('error') };
  }

  write(level: LogLevel, text: string): void {
    this.#stream(level).push(`${text}\n`);
  }

  writeChunk(stream: 'stdout' | 'stderr', chunk: string | Uint8Array): void {
    this.#stream(stream).push(chunk);
  }

  /** A further origin of lines. Whoever opens it ends it. */
  openStream(level: LogLevel): LineStream {
    return new LineStream((line) => this.append(level, line));
  }

  /** Ends the last lines, always in the same order. */
  protected endLines(): void {
    for (const origin of Object.keys(levelOf) as Origin[]) this.#streams.get(origin)?.end();
  }

  #stream(origin: Origin): LineStream {
    const known = this.#streams.get(origin) ?? this.openStream(levelOf[origin]);
    this.#streams.set(origin, known);
    return known;
  }

  protected abstract append(level: LogLevel, text: string): void;
}
