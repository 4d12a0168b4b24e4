/** What is known of one object without reading it. */
export interface ObjectStat {
  /** Bytes. */
  readonly size: number;
  /** On the clock of the backend. What a write gives may be two seconds off: not every answer to a write has its time. */
  readonly modifiedAt: Date;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  /** SHA-256 of the bytes, 64 hexadecimal digits in lower case. Only where the store knows it without reading them. */
  readonly sha256?: string | undefined;
}

/** What a flavor knows of an object. */
export interface StoredStat extends ObjectStat {
  /** The `writeId` that the object was written with, where the flavor keeps it. */
  readonly writeId?: string | undefined;
}

/** One entry of a listing. Its path is relative to the root of the store; that of a directory has no `/` at its end. */
export type ListEntry =
  | ({ readonly type: 'file'; readonly path: string } & Pick<ObjectStat, 'size' | 'modifiedAt'>)
  | { readonly type: 'directory'; readonly path: string };

/** What callers get to see of a stored stat. */
export function objectStat({ size, modifiedAt, etag, sha256 }: StoredStat): ObjectStat {
  return sha256 === undefined ? { size, modifiedAt, etag } : { size, modifiedAt, etag, sha256 };
}

/** Negative, 0 or positive, as one entry comes before another in a listing, is the same, or comes after it. */
export function compareEntries(a: ListEntry, b: ListEntry): number {
  return Buffer.compare(orderOf(a), orderOf(b));
}

function orderOf({ type, path }: ListEntry): Buffer {
  return Buffer.from(type === 'directory' ? `${path}/` : path);
}
