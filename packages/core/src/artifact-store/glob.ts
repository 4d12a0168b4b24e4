import { StackError } from '../errors/index.ts';

/** A place in a pattern. It is left by a character that passes its test; where it has none, at once. */
interface Place {
  readonly test?: (character: string) => boolean;
  readonly next: Place[];
}

/** A part of a pattern: gives the place where it begins, for the one where it ends. */
type Part = (end: Place) => Place;

/** The places that a key may have come to. Where a character leads from there is found out once. */
interface Reached {
  readonly places: ReadonlySet<Place>;
  readonly next: Map<string, Reached>;
}

/** So many of these are remembered: those of patterns that somebody has made for it could take all memory. */
const longestMemory = 1000;

/**
 * Whether a whole key fits a glob: `*` and `?` stay within a segment, `**` crosses segments, `[abc]`, `[!a-z]` and `[^a-z]`
 * are one character, `{a,b}` is a choice. A dot at the beginning of a segment is a character like others. There is no sign
 * that takes the meaning from the next one: `[*]` is a `*`.
 *
 * All places of the pattern that the key may have come to are followed at once. So the time is that of the key's length by the
 * pattern's, where a regular expression of several `*` can take years.
 *
 * @throws ARGUMENT_INVALID for a `{` that is not closed, or a range such as `[z-a]`
 */
export function globMatcher(glob: string): (key: string) => boolean {
  const end: Place = { next: [] };
  const start = new GlobParser(glob).parse()(end);
  const numbers = new Map<Place, number>();
  const known = new Map<string, Reached>();
  const reach = (from: readonly Place[]): Reached => {
    const places = withNext(from);
    for (const place of places) if (!numbers.has(place)) numbers.set(place, numbers.size);
    const name = [...places]
      .map((place) => numbers.get(place))
      .sort()
      .join();
    const reached = known.get(name) ?? { places, next: new Map() };
    if (known.size < longestMemory) known.set(name, reached);
    return reached;
  };
  const follow = (reached: Reached, character: string): Reached => {
    const left = [...reached.places].filter(({ test }) => test?.(character));
    const next = reach(left.flatMap((place) => place.next));
    if (known.size < longestMemory) reached.next.set(character, next);
    return next;
  };
  const first = reach([start]);
  return (key) => {
    let reached = first;
    for (const character of key) {
      reached = reached.next.get(character) ?? follow(reached, character);
      if (reached.places.size === 0) return false;
    }
    return reached.places.has(end);
  };
}

/** What has to be listed to find what fits a glob: the part of it that is literal. */
export function globScope(glob: string): {
  readonly directory: string;
  readonly prefix: string;
  readonly recursive: boolean;
} {
  const literal = /^[^*?[{]*/.exec(glob)?.[0] ?? '';
  const slash = literal.lastIndexOf('/');
  const rest = glob.slice(literal.length);
  return {
    directory: literal.slice(0, Math.max(slash, 0)),
    prefix: literal.slice(slash + 1),
    recursive: rest.includes('/') || rest.includes('**'),
  };
}

/** Some places, and those that are reached from them at once. */
function withNext(from: readonly Place[]): Set<Place> {
  const places = new Set(from);
  // What is added meanwhile is gone through, too.
  for (const { test, next } of places) {
    if (test === undefined) for (const place of next) places.add(place);
  }
  return places;
}

class GlobParser {
  readonly #glob: string;
  readonly #characters: readonly string[];
  #index = 0;

  constructor(glob: string) {
    this.#glob = glob;
    this.#characters = [...glob];
  }

  parse(): Part {
    return this.#sequence(false);
  }

  /** Up to the end, or, of an option, to the `,` or `}` behind it. */
  #sequence(isOption: boolean): Part {
    const parts: Part[] = [];
    for (; ; this.#index++) {
      const character = this.#at(0);
      const isEnd = isOption ? character === ',' || character === '}' : character === undefined;
      if (isEnd) return (end) => parts.reduceRight((next, part) => part(next), end);
      if (character === undefined) throw this.#refusal();
      parts.push(this.#part(character));
    }
  }

  /** The part that begins here. Leaves the index at its last character. */
  #part(character: string): Part {
    if (character === '*') return this.#star();
    if (character === '?') return one(isInSegment);
    if (character === '[' && this.#setEnd() > 0) return one(this.#set());
    if (character === '{' && this.#characters.indexOf('}', this.#index) > 0) return this.#choice();
    return one((other) => other === character);
  }

  #star(): Part {
    if (this.#at(1) !== '*') return many(isInSegment);
    const isWholeSegment = [undefined, '/'].includes(this.#at(-1)) && this.#at(2) === '/';
    this.#index += isWholeSegment ? 2 : 1;
    return isWholeSegment ? segments : many(() => true);
  }

  #set(): (character: string) => boolean {
    const end = this.#setEnd();
    const members = this.#characters.slice(this.#index + 1, end).join('');
    this.#index = end;
    try {
      const pattern = new RegExp(`^[${members.replace(/^!/, '^').replaceAll(/[\\[\]]/g, '\\$&')}]$`, 'u');
      return (character) => isInSegment(character) && pattern.test(character);
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** Where the set ends; a `]` that comes first is one of its members. Negative for a `[` that begins none. */
  #setEnd(): number {
    const first = this.#index + (/[!^]/.test(this.#at(1) ?? '') ? 2 : 1);
    return this.#characters.indexOf(']', first + 1);
  }

  #choice(): Part {
    const options: Part[] = [];
    do {
      this.#index++;
      options.push(this.#sequence(true));
    } while (this.#at(0) === ',');
    return (end) => ({ next: options.map((option) => option(end)) });
  }

  #at(offset: number): string | undefined {
    return this.#characters[this.#index + offset];
  }

  #refusal(cause?: unknown): StackError {
    return new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The pattern ${JSON.stringify(this.#glob)} is not one.`,
      hint: 'Close each "{" by a "}", and write ranges upwards: [a-z].',
      cause,
    });
  }
}

function isInSegment(character: string): boolean {
  return character !== '/';
}

function one(test: (character: string) => boolean): Part {
  return (end) => ({ test, next: [end] });
}

function many(test: (character: string) => boolean): Part {
  return (end) => {
    const next = [end];
    const start: Place = { next };
    next.push({ test, next: [start] });
    return start;
  };
}

/** Any number of segments, each with the `/` behind it. */
function segments(end: Place): Place {
  const next = [end];
  const start: Place = { next };
  const slash = one((character) => character === '/')(start);
  next.push(one(isInSegment)(many(isInSegment)(slash)));
  return start;
}
