import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ReadRequest,
  type RemovalFailure,
  type StoredStat,
  type WriteRequest,
} from '@stack/core';
import type { MemoryArtifactStoreConfig } from './config.ts';

interface StoredObject extends StoredStat {
  readonly bytes: Buffer;
}

/** Keeps objects in a map. They are gone with the component. */
export default class MemoryArtifactStore extends ArtifactStore<MemoryArtifactStoreConfig> {
  readonly #objects = new Map<string, StoredObject>();
  #writes = 0;

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    const { bytes, ...stat } = this.#get(key);
    if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
    return { stat, body: Readable.from(chunksOf(bytes.subarray(start, end)), { objectMode: false }) };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    const bytes = source instanceof Readable ? await buffer(source) : Buffer.from(source);
    const { digest, writeId } = request;
    return this.#put(key, { bytes, sha256: digest?.sha256, writeId }, request);
  }

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    const { bytes: _, ...stat } = object;
    return stat;
  }

  protected override async *doList(key: string, { recursive }: ListRequest): AsyncIterable<ListEntry> {
    const prefix = key === '' ? '' : `${key}/`;
    let directory: string | undefined;
    const keys = [...this.#objects.keys()].filter((candidate) => candidate.startsWith(prefix));
    for (const path of keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      const slash = path.indexOf('/', prefix.length);
      const object = this.#objects.get(path);
      if (object === undefined) continue;
      if (recursive || slash < 0) yield { type: 'file', path, size: object.size, modifiedAt: object.modifiedAt };
      else if (path.slice(0, slash) !== directory) {
        directory = path.slice(0, slash);
        yield { type: 'directory', path: directory };
      }
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) this.#objects.delete(key);
    return [];
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    return this.#put(to, { ...this.#get(from), writeId: undefined }, request);
  }

  protected override async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const stat = this.#put(to, this.#get(from), request);
    this.#objects.delete(from);
    return stat;
  }

  /** Everything that goes wrong here is a refusal already, or the caller's own. */
  protected override mapError(_error: unknown): ErrorCode | undefined {
    return undefined;
  }

  #get(key: string): StoredObject {
    const object = this.#objects.get(key);
    if (object === undefined) throw this.refusal('NOT_FOUND');
    return object;
  }

  #put(
    key: string,
    { bytes, sha256, writeId }: Pick<StoredObject, 'bytes' | 'sha256' | 'writeId'>,
    { ifAbsent, ifMatch, signal }: CopyRequest,
  ): StoredStat {
    signal?.throwIfAborted();
    const present = this.#objects.get(key);
    if (this.#isInTheWay(key)) throw this.refusal('PATH_CONFLICT');
    if (ifAbsent && present !== undefined) throw this.refusal('ALREADY_EXISTS');
    if (ifMatch !== undefined && present?.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
    const stat = { size: bytes.length, modifiedAt: new Date(), etag: String(++this.#writes), sha256, writeId };
    this.#objects.set(key, { ...stat, bytes });
    return stat;
  }

  #isInTheWay(key: string): boolean {
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      if (this.#objects.has(key.slice(0, slash))) return true;
    }
    return [...this.#objects.keys()].some((other) => other.startsWith(`${key}/`));
  }
}

/** The bytes in chunks that are the reader's own. */
function* chunksOf(bytes: Buffer): Iterable<Buffer> {
  const size = 64 * 1024;
  for (let start = 0; start < bytes.length; start += size) yield Buffer.from(bytes.subarray(start, start + size));
}
