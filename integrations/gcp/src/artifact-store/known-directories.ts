/** Directories that something was written to lately, so that no object can have their keys. */
export class KnownDirectories {
  readonly #until = new Map<string, number>();

  has(directory: string): boolean {
    return (this.#until.get(directory) ?? 0) > Date.now();
  }

  add(directories: readonly string[]): void {
    if (this.#until.size > maximumCount) this.#until.clear();
    for (const directory of directories) this.#until.set(directory, Date.now() + lifetime);
  }

  clear(): void {
    this.#until.clear();
  }
}

/** Other processes may empty a directory, and write an object of its key; so nothing is known for long. */
const lifetime = 10_000;
const maximumCount = 10_000;
