import type { ListEntry } from './object-stat.ts';

/** How long what was found out is relied on, in milliseconds: others may write meanwhile. */
const lifetime = 2000;
/** A directory of so many entries is not listed for its keys, which would take too long, but each of them asked for. */
const longestListing = 500;
/** How long a directory is taken for one of too many entries, in milliseconds. */
const lifetimeOfLarge = 60_000;
/** Keys that are remembered at most. */
const longestMemory = 10_000;

/** What a backend that has no directories of its own is asked before an object is written. */
export interface PlaceQuestions {
  /** Whether the key is neither a directory nor below an object. */
  readonly isFree: () => Promise<boolean>;
  /** What lies directly in the directory of the key; of more entries than the limit, so many. */
  readonly siblings: (limit: number) => Promise<readonly ListEntry[]>;
}

/**
 * Where a component can write objects without one being the directory of another, on a backend that has no directories
 * of its own. When several keys of one directory are written in a row, it is listed every two seconds,
 * rather than each of them asked for. So it knows of everything that its component has written, and of what others had
 * written two seconds ago.
 */
export class KnownPlaces {
  /** For directories that were listed, and thus are no objects: which keys in it may be directories. */
  #listed = new RecentMap<(key: string) => boolean>();
  /** What the component has written, maybe after a listing looked for it. */
  #written = new RecentMap<'object' | 'directory'>();
  /** Directories that keys were asked for in. */
  #asked = new RecentMap<true>();
  readonly #beingListed = new Set<string>();

  /** Whether the key is neither a directory nor below an object. */
  async isFree(key: string, { isFree, siblings }: PlaceQuestions): Promise<boolean> {
    this.#forgetWhenFull();
    const directories = directoriesOf(key);
    const directory = directories.at(-1) ?? '';
    const isFirst = this.#asked.get(directory) === undefined;
    this.#asked.set(directory, true);
    const isDoubtful =
      this.#written.get(key) === 'directory' || directories.some((each) => this.#written.get(each) === 'object');
    if (isFirst || isDoubtful) return isFree();
    const mayBeDirectory = this.#listed.get(directory) ?? (await this.#list(directory, siblings));
    return mayBeDirectory?.(key) === false || isFree();
  }

  /** To be told when an object was written, or may have been. */
  wrote(key: string): void {
    this.#forgetWhenFull();
    this.#written.set(key, 'object');
    for (const directory of directoriesOf(key)) this.#written.set(directory, 'directory');
  }

  async #list(
    directory: string,
    siblings: PlaceQuestions['siblings'],
  ): Promise<((key: string) => boolean) | undefined> {
    // Nobody waits for the listing of another, which that one may abort.
    if (this.#beingListed.has(directory)) return undefined;
    const [listed, since] = [this.#listed, performance.now()];
    this.#beingListed.add(directory);
    try {
      const entries = await siblings(longestListing);
      if (entries.length === 0) return undefined;
      const directories = new Set(entries.filter(({ type }) => type === 'directory').map(({ path }) => path));
      const isLarge = entries.length >= longestListing;
      const mayBeDirectory = (key: string) => isLarge || directories.has(key);
      listed.set(directory, mayBeDirectory, since + (isLarge ? lifetimeOfLarge : lifetime));
      return mayBeDirectory;
    } finally {
      this.#beingListed.delete(directory);
    }
  }

  #forgetWhenFull(): void {
    if (this.#written.size + this.#listed.size + this.#asked.size < longestMemory) return;
    // All at once, and nothing is taken from a listing that is under way: it may lack what was written since.
    this.#listed = new RecentMap();
    this.#written = new RecentMap();
    this.#asked = new RecentMap();
  }
}

/** The directories that a key lies in, the outermost first. */
function directoriesOf(key: string): string[] {
  return [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));
}

/** Values that are gone after a time. */
class RecentMap<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && performance.now() < entry.until ? entry.value : undefined;
  }

  set(key: string, value: Value, until = performance.now() + lifetime): void {
    this.#entries.set(key, { value, until });
  }
}
