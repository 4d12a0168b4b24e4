import { AsyncLocalStorage } from 'node:async_hooks';
import { formatWithOptions } from 'node:util';

export type LogLevel = 'info' | 'warn' | 'error';

/** Takes what the code of a step prints. */
export interface OutputSink {
  write(level: LogLevel, text: string): void;
  /** A piece of what was written to a stream: it need not end with a line. */
  writeChunk(stream: 'stdout' | 'stderr', chunk: string | Uint8Array): void;
}

const consoleLevels = {
  debug: 'info',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'error',
} as const satisfies Partial<Record<keyof Console, LogLevel>>;

const sinks = new AsyncLocalStorage<OutputSink | undefined>();
let captures = 0;
let restore: (() => void)[] = [];

/**
 * Runs a function whose output goes to a sink: `console`, `process.stdout` and `process.stderr`, in whatever it awaits
 * too, so that steps that run side by side do not mix. The global functions are replaced while some step runs.
 */
export async function captureOutput<Result>(
  sink: OutputSink,
  run: () => Result | PromiseLike<Result>,
): Promise<Result> {
  using _ = holdCapture();
  return await sinks.run(sink, run);
}

/** Keeps the global functions replaced between the captures of a run: that takes longer than a capture. */
export function holdCapture(): Disposable {
  if (captures++ === 0) install();
  return {
    [Symbol.dispose]: () => {
      if (--captures === 0) uninstall();
    },
  };
}

/** Runs a function outside of all steps, so that what it prints is not taken for their output. */
export function outsideSteps<Result>(run: () => Result): Result {
  return sinks.run(undefined, run);
}

/** The text that `console.log` would print, without colours. */
export function formatValues(values: readonly unknown[]): string {
  return formatWithOptions({ colors: false }, ...values);
}

function install(): void {
  for (const [name, level] of Object.entries(consoleLevels) as [keyof typeof consoleLevels, LogLevel][]) {
    const original = console[name];
    const replacement = (...values: unknown[]): void => {
      const sink = sinks.getStore();
      if (sink === undefined) original.apply(console, values);
      else sink.write(level, formatValues(values));
    };
    replaceMethod(console, name, replacement);
  }
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const original = stream.write;
    const replacement = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const sink = sinks.getStore();
      if (sink === undefined) return Reflect.apply(original, stream, [chunk, ...rest]);
      sink.writeChunk(name, chunk);
      const done = rest.find((argument) => typeof argument === 'function');
      if (done !== undefined) process.nextTick(done);
      return true;
    };
    replaceMethod(stream, 'write', replacement as typeof stream.write);
  }
}

function replaceMethod<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  replacement: Target[Name],
): void {
  const original = target[name];
  target[name] = replacement;
  restore.push(() => {
    // Whoever replaced it since then calls ours, which passes everything on.
    if (target[name] === replacement) target[name] = original;
  });
}

function uninstall(): void {
  for (const undo of restore) undo();
  restore = [];
}
