import type { Readable } from 'node:stream';
import type { ObjectStat } from './object-stat.ts';

/** What every primitive of a flavor is asked with. */
export interface StoreRequest {
  /** The primitive rejects soon after it aborts, with whatever error. */
  readonly signal: AbortSignal | undefined;
}

export interface ReadRequest extends StoreRequest {
  /** First byte, from 0. It may lie behind the end of the object: then there are no bytes. */
  readonly start: number;
  /** Byte after the last one, greater than `start`; `undefined` for the end of the object. It may lie behind that. */
  readonly end: number | undefined;
  /** Read only the object of this etag; else `PRECONDITION_FAILED`. */
  readonly ifMatch: string | undefined;
}

/** What `doRead` gives. */
export interface ObjectContent {
  /** Of the object as a whole, and of the very version that the bytes are of. */
  readonly stat: ObjectStat;
  /**
   * The bytes of the range: a stream, or the bytes themselves where they are few, which nobody else changes any more.
   * The base class destroys a stream that is given up, and tells when it ended too early.
   */
  readonly body: Readable | Uint8Array;
}

/** What a write is bound to. At most one of both is set. */
export interface Conditions {
  /** Write only where nothing is; else `ALREADY_EXISTS`. */
  readonly ifAbsent: boolean;
  /** Write only over the object of this etag; else `PRECONDITION_FAILED`, also where there is none. */
  readonly ifMatch: string | undefined;
}

export interface CopyRequest extends StoreRequest, Conditions {}

export interface WriteRequest extends StoreRequest, Conditions {
  /**
   * Set where the caller wants a digest: keep it with the object where the backend can, so that `doStat` and `doRead`
   * know it. It holds the SHA-256 in hexadecimal digits: from the start where it is known then, else once the source
   * has ended.
   */
  readonly digest: { readonly sha256: string | undefined } | undefined;
  /**
   * Set for a write with a condition: unique to it. A flavor whose requests may be done and yet fail keeps it with the
   * object, and gives it with `doStat`.
   */
  readonly writeId: string | undefined;
  /**
   * Set for one of many objects that are written together, where it was found out for all of them at once that the keys
   * are no directories and lie below no object: a backend without directories need not look again.
   */
  readonly isPlaceFree?: boolean | undefined;
}

export interface ListRequest extends StoreRequest {
  /** Whether to give all objects below the directory, and no directories; else what lies directly in it. */
  readonly recursive: boolean;
  /** A hint: entries whose path, below the directory, does not begin with this are not wanted. */
  readonly prefix: string;
  /** A hint: no more entries than this will be taken. */
  readonly limit: number | undefined;
}

/** A key that could not be removed, and what the backend said. */
export interface RemovalFailure {
  readonly key: string;
  readonly error: unknown;
}

export interface SignRequest extends StoreRequest {
  readonly method: 'get' | 'put';
  /** Seconds. */
  readonly expiresIn: number;
}

export interface GarbageRequest extends StoreRequest {
  /** Remove only what was begun, or last written to, before this. */
  readonly before: Date;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** A URL that allows one thing with one object to whoever has it. */
export interface SignedUrl {
  readonly url: string;
  /** Headers that have to be sent along. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
}

/** Something that a killed process has left, and that is no object. */
export interface Garbage {
  readonly kind: 'staged-file' | 'multipart-upload';
  /** How the backend calls it: the path of a file, the id of an upload. */
  readonly id: string;
  /** The path that it was to be an object at, relative to the root, where that is known. */
  readonly path?: string | undefined;
  /** Bytes, where they are known. */
  readonly size?: number | undefined;
  readonly modifiedAt: Date;
}

/** What `ArtifactStore.send` has to know of a request to the backend. */
export interface SendOptions<Result> extends StoreRequest {
  /** What messages call it, a noun, e.g. `write`. */
  readonly operation: string;
  readonly key: string;
  /** The other key of a copy or rename. */
  readonly to?: string | undefined;
  /** How often it is sent at most. Default: `config.retry.attempts`. */
  readonly attempts?: number | undefined;
  /**
   * For a request that a success of its own would keep from succeeding again, such as a write with `ifAbsent`. It is
   * called where the outcome of one attempt was lost and a later one was refused: with the result, where the earlier one
   * turns out to have been done; with `undefined`, where nobody can tell.
   */
  readonly confirm?: (() => Promise<Result | undefined>) | undefined;
}
