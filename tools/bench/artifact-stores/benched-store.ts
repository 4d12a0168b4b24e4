import type { Readable } from 'node:stream';

/** What is timed. Keys have `/` between their segments. */
export interface Operations {
  /** Writes a small object. */
  put(key: string, bytes: Uint8Array): Promise<unknown>;
  /** Reads a small object, whose SHA-256 it may check. */
  get(key: string, sha256: string): Promise<Uint8Array>;
  /** Writes a large object. */
  write(key: string, source: Readable, size: number): Promise<unknown>;
  /** Opens a large object, whose SHA-256 the stream may check. */
  read(key: string, sha256: string): Promise<Readable>;
  /** Writes the files below a folder to a directory. */
  upload(folder: string, directory: string): Promise<unknown>;
  /** Writes the objects below a directory into a folder that is there and empty. */
  download(directory: string, folder: string): Promise<unknown>;
  /** How many objects are below a directory, after telling of each whatever the contender tells in a listing. */
  list(directory: string): Promise<number>;
}

export type OperationName = keyof Operations;

/** A contender at a place: for each operation the way that it is done, or why it is not. */
export type BenchedStore = { readonly [Name in OperationName]: Operations[Name] | string } & {
  /** What does the work, with versions and settings, e.g. `lib-storage 3.1175.0, 4 parts of 16 MiB at once`. */
  readonly by: string;
};
