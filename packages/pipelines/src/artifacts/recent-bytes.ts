/** The largest object that is kept: 64 KiB. */
const largestKept = 64 * 1024;
/** So many are kept, which take 4 MiB at most. */
const keptObjects = 64;

/**
 * The bytes of small objects of an artifact store that this process has just written, or read and checked. The next step takes
 * them most often, and need not ask the store for them.
 */
export class RecentBytes {
  readonly #kept = new Map<string, Uint8Array>();

  /** Keeps a copy: whoever has the bytes may change them. */
  add(path: string, bytes: Uint8Array): void {
    if (bytes.byteLength > largestKept) return;
    this.#kept.set(path, new Uint8Array(bytes));
    const [oldest] = this.#kept.size > keptObjects ? this.#kept.keys() : [];
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  /** A copy of the bytes at a path; `undefined` where they are not kept. */
  find(path: string): Buffer | undefined {
    const bytes = this.#kept.get(path);
    return bytes && Buffer.from(bytes);
  }
}
