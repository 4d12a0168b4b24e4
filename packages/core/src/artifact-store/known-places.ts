import type { ListEntry } from './object-stat.ts';

/** How long what was found out is relied on, in milliseconds: others may write meanwhile. */
const lifetime = 2000;
/** A listing of a directory may have so many entries for each key that was asked for in it lately: then it pays. */
const entriesPerKey = 10;
const longestListing = 1000;
/** Keys that are remembered at most. */
const longestMemory = 10_000;

/** What a backend that has no directories of its own is asked before an object is written. */
export interface PlaceQuestions {
  /** Whether the key is neither a directory nor below an object. */
  readonly isFree: () => Promise<boolean>;
  /** Whether an object lies above the key. */
  readonly isBelowObject: () => Promise<boolean>;
  /** What lies directly in the directory of the key; of more entries than the limit, so many. */
  readonly siblings: (limit: number) => Promise<readonly ListEntry[]>;
}

/** How the questions are answered where a backend has no better way. */
export interface PlaceLookup {
  readonly isObject: (key: string) => Promise<boolean>;
  /** What lies in a directory; callers stop once they have as many entries as the limit. */
  readonly list: (
    directory: string,
    request: { readonly recursive: boolean; readonly limit: number },
  ) => AsyncIterable<ListEntry>;
}

/** The questions about a key, answered by looking for objects above it and by listings. */
export function placeQuestions(key: string, { isObject, list }: PlaceLookup): PlaceQuestions {
  const first = async (directory: string, request: { readonly recursive: boolean; readonly limit: number }) => {
    const entries: ListEntry[] = [];
    for await (const entry of list(directory, request)) {
      entries.push(entry);
      if (entries.length === request.limit) break;
    }
    return entries;
  };
  const above = directoriesOf(key);
  const isBelowObject = async () => (await Promise.all(above.map(isObject))).includes(true);
  return {
    isFree: async () => {
      const below = first(key, { recursive: true, limit: 1 }).then((entries) => entries.length > 0);
      return !(await Promise.all([below, isBelowObject()])).includes(true);
    },
    isBelowObject,
    siblings: (limit) => first(above.at(-1) ?? '', { recursive: false, limit }),
  };
}

/**
 * Where a component can write objects without one being the directory of another, on a backend that has no directories
 * of its own. When several keys of one directory are written in a row, it is listed every two seconds, rather than each
 * of them asked for. So it knows of everything that its component has written, and of what others had written two
 * seconds ago.
 */
export class KnownPlaces {
  readonly #directories = new Map<string, Directory>();
  /** What the component has written lately, maybe after a listing looked for it: until when that counts. */
  readonly #writtenObjects = new Map<string, number>();
  readonly #writtenDirectories = new Map<string, number>();

  /** Whether the key is neither a directory nor below an object. */
  async isFree(key: string, questions: PlaceQuestions): Promise<boolean> {
    this.#forgetWhenFull();
    const above = directoriesOf(key);
    const directory = this.#directory(above.at(-1) ?? '');
    directory.keys++;
    const isDoubtful =
      isRecent(this.#writtenDirectories, key) || above.some((each) => isRecent(this.#writtenObjects, each));
    const mayBeDirectory = isDoubtful ? undefined : (directory.listed ?? (await list(directory, questions)));
    return mayBeDirectory?.(key) === false || questions.isFree();
  }

  /** To be told when an object was written, or may have been. */
  wrote(key: string): void {
    this.#forgetWhenFull();
    const until = performance.now() + lifetime;
    this.#writtenObjects.set(key, until);
    for (const directory of directoriesOf(key)) this.#writtenDirectories.set(directory, until);
  }

  #directory(key: string): Directory {
    const now = performance.now();
    const known = this.#directories.get(key);
    if (known !== undefined && now < known.until) return known;
    const isGoneOnWith = known !== undefined && now < known.until + lifetime;
    const directory = {
      until: now + lifetime,
      keys: 0,
      keysBefore: isGoneOnWith ? known.keys : 0,
      isBeingListed: false,
      tooLow: isGoneOnWith ? known.tooLow : 0,
    };
    this.#directories.set(key, directory);
    return directory;
  }

  #forgetWhenFull(): void {
    const size = this.#writtenObjects.size + this.#writtenDirectories.size + this.#directories.size;
    if (size < longestMemory) return;
    this.#writtenObjects.clear();
    this.#writtenDirectories.clear();
    // With what listings tell that are under way, which may lack what was written since.
    this.#directories.clear();
  }
}

interface Directory {
  /** When it has to be looked at anew. */
  until: number;
  /** Keys that were asked for until now, and in the time before. */
  keys: number;
  readonly keysBefore: number;
  isBeingListed: boolean;
  /** The last limit of a listing that it had too many entries for. */
  tooLow: number;
  /** Which keys in it may be directories, once a listing has told. No object is above them then, either. */
  listed?: (key: string) => boolean;
}

/** Lists a directory, if that pays. Nobody waits for the listing of another, who may abort it. */
async function list(directory: Directory, { siblings, isBelowObject }: PlaceQuestions): Promise<Directory['listed']> {
  const keys = Math.max(directory.keys, directory.keysBefore);
  const limit = Math.min(keys * entriesPerKey, longestListing);
  if (keys === 1 || limit < 2 * directory.tooLow || directory.isBeingListed) return undefined;
  const since = performance.now();
  directory.isBeingListed = true;
  try {
    const entries = await siblings(limit);
    if (entries.length >= limit) directory.tooLow = limit;
    if (entries.length >= limit) return undefined;
    // One that is empty shows nothing of what is above it.
    if (entries.length === 0 && (await isBelowObject())) return undefined;
    const directories = new Set(entries.filter(({ type }) => type === 'directory').map(({ path }) => path));
    directory.until = since + lifetime;
    directory.listed = (key) => directories.has(key);
    return directory.listed;
  } finally {
    directory.isBeingListed = false;
  }
}

/** The directories that a key lies in, the outermost first. */
function directoriesOf(key: string): string[] {
  return [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));
}

function isRecent(until: ReadonlyMap<string, number>, key: string): boolean {
  return performance.now() < (until.get(key) ?? 0);
}
