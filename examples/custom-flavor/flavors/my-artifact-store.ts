import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type ReadRequest,
  type RemovalFailure,
  type WriteRequest,
} from '@stack/core';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { MyArtifactStoreConfig } from './my-artifact-store-config.ts';

/**
 * An artifact store in LMDB, `lmdb://FOLDER` with the folder relative to the project's root.
 *
 * LMDB fits the contract well: its keys are in byte order, as listings are; many processes may use one database; and
 * a transaction checks and writes as one, which is what `ifAbsent`, `ifMatch` and an atomic rename need. It brings its
 * binary along, so it installs without a compiler. An object is held in memory while it is read or written.
 */
export default class MyArtifactStore extends ArtifactStore<MyArtifactStoreConfig> {
  #database: OpenDatabase | undefined;

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    const { stat, bytes } = this.#get(this.#open(), key);
    if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
    return { stat, body: Readable.from(chunksOf(bytes.subarray(start, end)), { objectMode: false }) };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<ObjectStat> {
    const bytes = source instanceof Readable ? await buffer(source) : Buffer.from(source);
    return this.#transaction((database) => {
      this.#checkWrite(database, key, request);
      return put(database, key, bytes);
    });
  }

  protected override async doStat(key: string): Promise<ObjectStat | undefined> {
    const stored = this.#open().stats.get(Buffer.from(key));
    return stored && toObjectStat(stored);
  }

  protected override async *doList(key: string, { recursive }: ListRequest): AsyncIterable<ListEntry> {
    const prefix = key === '' ? '' : `${key}/`;
    const { stats } = this.#open();
    // One look-up for each entry: a cursor would keep its snapshot, and its space, for as long as the caller takes.
    for (let next = firstFrom(stats, prefix); next?.path.startsWith(prefix); ) {
      const { path, stored } = next;
      const slash = path.indexOf('/', prefix.length);
      if (recursive || slash < 0) {
        yield { type: 'file', path, size: stored.size, modifiedAt: new Date(stored.modifiedAt) };
        next = firstFrom(stats, `${path}\0`);
      } else {
        const directory = path.slice(0, slash);
        yield { type: 'directory', path: directory };
        // "0" is the character after "/".
        next = firstFrom(stats, `${directory}0`);
      }
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    await this.#transaction((database) => {
      for (const key of keys) remove(database, key);
    });
    return [];
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<ObjectStat> {
    return this.#transaction((database) => this.#copy(database, from, to, request));
  }

  protected override async doRename(from: string, to: string, request: CopyRequest): Promise<ObjectStat> {
    return this.#transaction((database) => {
      const stat = this.#copy(database, from, to, request);
      remove(database, from);
      return stat;
    });
  }

  /** The codes of LMDB are its own numbers below zero, and those of the operating system above. */
  protected override mapError(error: unknown): ErrorCode | undefined {
    if (!(error instanceof Error) || !('code' in error)) return undefined;
    return errorCodes.get(error.code);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await database?.root.close();
  }

  #open(): OpenDatabase {
    this.#database ??= openDatabase(resolve(this.baseDirectory, this.root.slice('lmdb://'.length)));
    return this.#database;
  }

  /** What an action throws does not undo what it wrote, so an action checks everything first. */
  async #transaction<Result>(action: (database: OpenDatabase) => Result): Promise<Result> {
    const database = this.#open();
    const result = await database.root.transaction(() => action(database));
    if (this.config.waitForDisk) await database.root.flushed;
    return result;
  }

  #get({ stats, bytes }: OpenDatabase, key: string): { readonly stat: ObjectStat; readonly bytes: Buffer } {
    const stored = stats.get(Buffer.from(key));
    const content = bytes.get(Buffer.from(key));
    if (stored === undefined || content === undefined) throw this.refusal('NOT_FOUND');
    return { stat: toObjectStat(stored), bytes: content };
  }

  #copy(database: OpenDatabase, from: string, to: string, request: CopyRequest): ObjectStat {
    const { bytes } = this.#get(database, from);
    this.#checkWrite(database, to, request);
    return put(database, to, bytes);
  }

  #checkWrite({ stats }: OpenDatabase, key: string, { ifAbsent, ifMatch, signal }: CopyRequest): void {
    signal?.throwIfAborted();
    const isBelowObject = parentKeys(key).some((parent) => stats.doesExist(Buffer.from(parent)));
    const isDirectory = firstFrom(stats, `${key}/`)?.path.startsWith(`${key}/`);
    if (isBelowObject || isDirectory) throw this.refusal('PATH_CONFLICT');
    const present = stats.get(Buffer.from(key));
    if (ifAbsent && present !== undefined) throw this.refusal('ALREADY_EXISTS');
    if (ifMatch !== undefined && present?.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
  }
}

/** An `ObjectStat` as JSON. */
interface StoredStat {
  readonly size: number;
  readonly modifiedAt: string;
  /** The SHA-256 of the bytes. */
  readonly etag: string;
}

/** Stats are apart from bytes, so that a listing reads no bytes. */
interface OpenDatabase {
  readonly root: RootDatabase;
  readonly stats: Database<StoredStat, Buffer>;
  readonly bytes: Database<Buffer, Buffer>;
}

function openDatabase(path: string): OpenDatabase {
  const root = open({ path });
  return {
    root,
    stats: root.openDB({ name: 'stats', encoding: 'json', keyEncoding: 'binary' }),
    bytes: root.openDB({ name: 'bytes', encoding: 'binary', keyEncoding: 'binary' }),
  };
}

/** Within a transaction. */
function put({ stats, bytes }: OpenDatabase, key: string, content: Buffer): ObjectStat {
  const stored = {
    size: content.length,
    modifiedAt: new Date().toISOString(),
    etag: hash('sha256', content),
  };
  stats.putSync(Buffer.from(key), stored);
  bytes.putSync(Buffer.from(key), content);
  return toObjectStat(stored);
}

/** Within a transaction. */
function remove({ stats, bytes }: OpenDatabase, key: string): void {
  stats.removeSync(Buffer.from(key));
  bytes.removeSync(Buffer.from(key));
}

/** The first object whose key is not before this one. */
function firstFrom(stats: OpenDatabase['stats'], key: string): { path: string; stored: StoredStat } | undefined {
  for (const entry of stats.getRange({ start: Buffer.from(key), limit: 1 })) {
    return { path: entry.key.toString(), stored: entry.value };
  }
  return undefined;
}

function* chunksOf(bytes: Buffer): Iterable<Buffer> {
  const size = 64 * 1024;
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function parentKeys(key: string): string[] {
  const segments = key.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}

function toObjectStat({ size, modifiedAt, etag }: StoredStat): ObjectStat {
  return { size, modifiedAt: new Date(modifiedAt), etag, sha256: etag };
}

const errorCodes = new Map<unknown, ErrorCode>([
  ['EACCES', 'ACCESS_DENIED'],
  ['EROFS', 'ACCESS_DENIED'],
  ['ENOSPC', 'NO_SPACE'],
  [13, 'ACCESS_DENIED'],
  [30, 'ACCESS_DENIED'],
  [28, 'NO_SPACE'],
  // The map cannot grow.
  [-30792, 'NO_SPACE'],
]);
