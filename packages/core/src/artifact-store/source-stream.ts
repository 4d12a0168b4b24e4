import { createHash, type Hash } from 'node:crypto';
import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import { checkDigest } from './digest.ts';

/** What the source of a write threw: the caller's error, and none of the backend. */
export class SourceFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

export interface SourceStreamOptions {
  /** Whether to compute the digest. */
  readonly digest?: boolean | undefined;
  /** The digest that the bytes have to have; the stream breaks with INTEGRITY instead of ending when it is another. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The source of a write as bytes, on their way to a flavor. A stream of its own can be given up at once, even while
 * the source never goes on.
 */
export class SourceStream extends Transform {
  readonly #options: SourceStreamOptions;
  readonly #hash: Hash | undefined;
  #sha256: string | undefined;
  #failure: unknown;

  constructor(options: SourceStreamOptions) {
    super();
    this.#options = options;
    this.#sha256 = options.sha256;
    if (options.digest || options.sha256 !== undefined) this.#hash = createHash('sha256');
    options.signal?.addEventListener('abort', this.#abort);
    // It may break before the flavor reads it, which then learns of it by reading.
    this.on('error', () => {});
  }

  /** Hands on what a source gives. */
  takeFrom(source: Readable | AsyncIterable<Uint8Array | string>): this {
    const stream = source instanceof Readable ? source : Readable.from(source);
    stream.on('error', (error) => {
      // Not the echo of this stream's own end.
      if (!this.destroyed) this.#failure ??= new SourceFailure(error);
    });
    pipeline(stream, this, () => {});
    return this;
  }

  get hasDigest(): boolean {
    return this.#hash !== undefined;
  }

  /** The SHA-256 of what goes through: from the start where it is promised, else from the end on. */
  get sha256(): string | undefined {
    return this.#sha256;
  }

  /** Why it broke, where neither reader nor signal was the reason: a `SourceFailure`, or an INTEGRITY. */
  get failure(): unknown {
    return this.#failure;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash?.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    try {
      const found = this.#hash?.digest('hex');
      if (found !== undefined) checkDigest(found, this.#sha256 ?? found);
      this.#sha256 = found;
      done();
    } catch (error) {
      this.#failure = error;
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    done(error);
  }

  readonly #abort = () => this.destroy(this.#options.signal?.reason);
}
