/** Where a text was found. */
export type Span = readonly [start: number, end: number];

export interface Found {
  /** The longest text at each place where one begins, in this order. They may overlap. */
  readonly spans: readonly Span[];
  /** From here on it could be the beginning of a text, if more followed; the length where it could not. */
  readonly openFrom: number;
}

/** Texts that begin with the same characters. */
interface Group {
  readonly texts: Set<string>;
  /** Of the texts, the longest first. */
  readonly lengths: number[];
}

/** Every text is at least so long. */
const keyLength = 6;
const filterBits = 0xff_ff;

/** Finds many texts in one pass: a place is looked at when the six characters from there begin one of them. */
export class TextFinder {
  readonly #groups = new Map<number, Group>();
  /** Tells of most keys that there is no group, for much less than the map. */
  readonly #filter = new Uint8Array(filterBits + 1);
  /** What is shorter than a key and begins a text. */
  readonly #beginnings = new Set<string>();

  /** @param text of at least six characters */
  add(text: string): void {
    const key = keyAt(text, 0);
    const group = this.#groups.get(key) ?? { texts: new Set(), lengths: [] };
    group.texts.add(text);
    if (!group.lengths.includes(text.length)) group.lengths.push(text.length);
    group.lengths.sort((a, b) => b - a);
    this.#groups.set(key, group);
    this.#filter[key & filterBits] = 1;
    for (let length = 1; length < keyLength; length++) this.#beginnings.add(text.slice(0, length));
  }

  find(text: string): Found {
    const spans: Span[] = [];
    let openFrom = text.length;
    let at = 0;
    for (; at <= text.length - keyLength; at++) {
      const key = keyAt(text, at);
      if (this.#filter[key & filterBits] === 0) continue;
      const group = this.#groups.get(key);
      if (group === undefined) continue;
      const length = group.lengths.find((one) => at + one <= text.length && group.texts.has(text.slice(at, at + one)));
      if (length !== undefined) spans.push([at, at + length]);
      if (at < openFrom && isBeginning(text.slice(at), group)) openFrom = at;
    }
    for (; at < openFrom; at++) if (this.#beginnings.has(text.slice(at))) openFrom = at;
    return { spans, openFrom };
  }
}

/** Whether a text could become one of the group. */
function isBeginning(text: string, { texts, lengths: [longest = 0] }: Group): boolean {
  return text.length < longest && [...texts].some((known) => known.length > text.length && known.startsWith(text));
}

function keyAt(text: string, at: number): number {
  let key = 0;
  for (let index = at; index < at + keyLength; index++) key = (Math.imul(key, 31) + text.charCodeAt(index)) | 0;
  return key ^ (key >>> 16);
}
