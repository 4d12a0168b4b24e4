import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { StackError } from '../errors/index.ts';
import { checkDigest } from './digest.ts';

export interface ObjectStreamOptions {
  readonly body: Readable | Uint8Array;
  /** First byte of the object that the body holds. */
  readonly start: number;
  /** Byte after the last one that it has to hold. */
  readonly end: number;
  /** What the bytes have to have; `undefined` where it is not known, or they are not the whole object. */
  readonly sha256: string | undefined;
  readonly signal: AbortSignal | undefined;
  /**
   * Gives the bytes from a position on, after the body before has broken, again and again without a byte in between;
   * rejects with the error that the stream then has.
   */
  readonly reopen: (position: number, breaks: number, error: unknown) => Promise<Readable | Uint8Array>;
  /** The error for callers. */
  readonly failure: (error: unknown) => unknown;
}

/**
 * The bytes of an object, every one of them: a body that breaks, or ends too early, is gone on with where it broke.
 */
export class ObjectStream extends Readable {
  readonly #options: ObjectStreamOptions;
  readonly #hash: Hash | undefined;
  #position: number;
  #body: Readable | undefined;
  #isOpen = false;
  /** How often in succession a body has broken without a byte in between. */
  #breaks = 0;

  constructor(options: ObjectStreamOptions) {
    super();
    this.#options = options;
    this.#position = options.start;
    this.#hash = options.sha256 === undefined ? undefined : createHash('sha256');
    options.signal?.addEventListener('abort', this.#abort);
    // It would be noticed late, in a body that nobody reads yet.
    if (options.body instanceof Readable) options.body.on('error', ignore);
  }

  override _read(): void {
    if (this.#isOpen) this.#body?.resume();
    else this.#open(this.#options.body);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { signal, body } = this.#options;
    signal?.removeEventListener('abort', this.#abort);
    this.#body?.destroy();
    if (!this.#isOpen && body instanceof Readable) body.destroy();
    done(error);
  }

  #open(body: Readable | Uint8Array): void {
    this.#isOpen = true;
    if (!(body instanceof Readable)) {
      this.#take(body);
      this.#end();
      return;
    }
    this.#body = body;
    const isCurrent = () => this.#body === body && !this.destroyed;
    body.on('data', (chunk: Buffer) => {
      if (isCurrent() && !this.#take(chunk)) body.pause();
    });
    body.on('end', () => isCurrent() && this.#end());
    body.on('error', (error) => isCurrent() && this.#break(error));
    body.on('close', () => isCurrent() && this.#break(body.errored ?? closed()));
    // Before anybody listened.
    if (body.destroyed) this.#break(body.errored ?? closed());
  }

  /** Whether more may come at once. */
  #take(chunk: Uint8Array): boolean {
    this.#position += chunk.byteLength;
    if (this.#position > this.#options.end) {
      this.#fail(new StackError({ code: 'INTEGRITY', message: 'more bytes came than the object has' }));
      return false;
    }
    if (chunk.byteLength > 0) this.#breaks = 0;
    this.#hash?.update(chunk);
    return this.push(chunk);
  }

  #end(): void {
    this.#body = undefined;
    const { end, sha256 } = this.#options;
    if (this.destroyed) return;
    if (this.#position < end) {
      const missing = `it ended ${end - this.#position} bytes before the end of the object`;
      this.#break(new StackError({ code: 'UNAVAILABLE', message: missing }));
      return;
    }
    try {
      if (this.#hash !== undefined && sha256 !== undefined) checkDigest(this.#hash.digest('hex'), sha256);
      this.push(null);
    } catch (error) {
      this.#fail(error);
    }
  }

  #break(error: unknown): void {
    this.#body?.destroy();
    this.#body = undefined;
    this.#breaks++;
    this.#options.reopen(this.#position, this.#breaks, error).then(
      (body) => {
        if (!this.destroyed) this.#open(body);
        else if (body instanceof Readable) body.destroy();
      },
      (failure: Error) => this.destroy(failure),
    );
  }

  readonly #abort = () => {
    // Who has aborted it may have no more use for its error.
    this.on('error', ignore);
    this.#fail(this.#options.signal?.reason);
  };

  #fail(error: unknown): void {
    this.destroy(this.#options.failure(error) as Error);
  }
}

function ignore(): void {}

function closed(): StackError {
  return new StackError({ code: 'UNAVAILABLE', message: 'the connection was closed' });
}
