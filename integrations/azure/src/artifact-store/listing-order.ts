import type { ListEntry } from '@stack/core';

interface HeldEntry {
  readonly order: Buffer;
  readonly entry: ListEntry;
}

/**
 * Brings a listing of Blob Storage into the order of the UTF-8 bytes of the keys. It comes in that of the UTF-16 code
 * units of the names, which is another one for two reasons: characters beyond U+FFFF come before some that they belong
 * after, and an escaped name before the place of its key. So these wait until none can come that belongs before them.
 */
export class ListingOrder {
  readonly #prefixLength: number;
  readonly #held: HeldEntry[] = [];

  /** @param prefix what all names begin with */
  constructor(prefix: string) {
    this.#prefixLength = prefix.length;
  }

  /**
   * Takes the next entry of the listing, and gives those whose turn it is.
   *
   * @param name that of the blob or directory, this with a `/` at its end
   */
  take(name: string, entry: ListEntry): readonly ListEntry[] {
    const key = entry.type === 'directory' ? `${entry.path}/` : entry.path;
    const surrogate = name.slice(this.#prefixLength).search(/[\uD800-\uDFFF]/);
    if (this.#held.length === 0 && surrogate < 0 && name === key) return [entry];
    const order = Buffer.from(key);
    this.#held.splice(this.#countUpTo(order), 0, { order, entry });
    // Neither a name nor a key that is still to come lies before this.
    const least = surrogate < 0 ? name : `${name.slice(0, this.#prefixLength + surrogate)}\uE000`;
    return this.#release(this.#countUpTo(Buffer.from(least)));
  }

  /** Gives those that wait at the end of the listing. */
  end(): readonly ListEntry[] {
    return this.#release(this.#held.length);
  }

  #release(count: number): readonly ListEntry[] {
    return this.#held.splice(0, count).map(({ entry }) => entry);
  }

  /** How many of those that wait come before a key, or have it. */
  #countUpTo(order: Buffer): number {
    let [from, to] = [0, this.#held.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const held = this.#held[middle];
      if (held !== undefined && Buffer.compare(held.order, order) <= 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
