import { Readable } from 'node:stream';

export interface PartStreamOptions {
  /** What comes first, and is there already. */
  readonly first: readonly Uint8Array[];
  /** How many parts follow. */
  readonly count: number;
  /** How many of them are read, or wait to be taken, at once. */
  readonly concurrency: number;
  /** Reads a part, counted from 0. The signal aborts when the stream is given up. */
  readonly read: (part: number, signal: AbortSignal) => Promise<readonly Uint8Array[]>;
}

/** The parts of an object one after the other, while the next ones are read already. */
export class PartStream extends Readable {
  readonly #options: PartStreamOptions;
  readonly #given = new AbortController();
  readonly #underWay: Promise<readonly Uint8Array[]>[] = [];
  #begun = 0;

  constructor(options: PartStreamOptions) {
    super({ highWaterMark: 1 });
    this.#options = options;
    this.#give(options.first);
  }

  override _read(): void {
    const { count, concurrency, read } = this.#options;
    while (this.#begun < count && this.#underWay.length < concurrency) {
      const part = read(this.#begun++, this.#given.signal);
      // One that fails before its turn is noticed at its turn.
      part.catch(() => {});
      this.#underWay.push(part);
    }
    const next = this.#underWay.shift();
    if (next === undefined) this.push(null);
    else {
      next.then(
        (chunks) => this.#give(chunks),
        (error: Error) => this.destroy(error),
      );
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#given.abort();
    done(error);
  }

  #give(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.push(chunk);
    // Without any, nobody would ask for the next part.
    if (chunks.length === 0) this.push(Buffer.alloc(0));
  }
}
