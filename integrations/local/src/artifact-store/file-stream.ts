import { Readable } from 'node:stream';
import { closeFile, readBytes } from './system-calls.ts';

/** Bytes that are read at once. */
const chunkSize = 256 * 1024;

/**
 * The bytes of an open file from one place to another. While a chunk is used, for a digest say, the next one is read, which
 * a stream of Node's reads only then. It closes the file.
 */
export class FileStream extends Readable {
  readonly #descriptor: number;
  readonly #end: number;
  #position: number;
  #reading: Promise<Buffer> | undefined;

  constructor(descriptor: number, start: number, end: number) {
    super({ highWaterMark: chunkSize });
    this.#descriptor = descriptor;
    this.#position = start;
    this.#end = end;
  }

  override _read(): void {
    const reading = this.#reading ?? this.#readNext();
    reading.then(
      (bytes) => {
        if (this.destroyed) return;
        if (bytes.byteLength === 0) {
          this.push(null);
          return;
        }
        void this.#readNext();
        this.push(bytes);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const close = () =>
      closeFile(this.#descriptor).then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      );
    // Its number is not to be closed below a read of it, and given to another file.
    (this.#reading ?? Promise.resolve()).then(close, close);
  }

  /** No bytes at the end, and where the file has become shorter. */
  #readNext(): Promise<Buffer> {
    const length = Math.min(chunkSize, this.#end - this.#position);
    this.#reading = readBytes(this.#descriptor, this.#position, length);
    // Whoever wants the bytes learns of it, and maybe nobody does.
    this.#reading.catch(() => {});
    this.#position += length;
    return this.#reading;
  }
}
