import { writeSync } from 'node:fs';
import type { TaskOptions } from './step-task.ts';

/** Begins a message among what a program prints. People print no control characters such as these. */
const mark = Buffer.from('\u001Estack-step\u001E');
const newline = 0x0a;
/** Milliseconds until a reader that was too slow is given more. */
const pause = 5;

/**
 * Writes a message of the program of a step, on a line, to where `StepTask` says. At once, so that nothing is lost when the
 * program crashes, and a fast step waits for a slow reader.
 */
export function writeStepMessage(message: string): void {
  const isPrinted = process.env.STACK_STEP_MESSAGES === 'stdout';
  const line = Buffer.from(`${message}\n`);
  let rest: Uint8Array = isPrinted ? Buffer.concat([mark, line]) : line;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(isPrinted ? 1 : 3, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
}

/**
 * Takes the messages out of the standard output of a step's program, where a host has started it with
 * `STACK_STEP_MESSAGES=stdout`, as no other output of it can be had from containers and clusters.
 */
export class StepOutput {
  readonly #options: Pick<TaskOptions, 'onMessage' | 'onOutput'>;
  /** What is not told yet: the beginning of a mark or of a message. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: Pick<TaskOptions, 'onMessage' | 'onOutput'>) {
    this.#options = options;
  }

  write(chunk: Uint8Array): void {
    let rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const start = rest.indexOf(mark);
      if (start < 0) break;
      this.#tell(rest.subarray(0, start));
      rest = rest.subarray(start);
      const end = rest.indexOf(newline);
      if (end < 0) {
        this.#rest = rest;
        return;
      }
      this.#options.onMessage(rest.toString('utf8', mark.length, end));
      rest = rest.subarray(end + 1);
    }
    const held = lengthOfBeginning(rest);
    this.#tell(rest.subarray(0, rest.length - held));
    this.#rest = rest.subarray(rest.length - held);
  }

  /** Tells what is left when the output has ended: a message that was cut is none. */
  end(): void {
    if (!this.#rest.includes(mark)) this.#tell(this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  #tell(output: Buffer): void {
    if (output.length > 0) this.#options.onOutput('stdout', output);
  }
}

/** How many bytes at the end could be the beginning of a mark. */
function lengthOfBeginning(bytes: Buffer): number {
  for (let length = Math.min(mark.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
