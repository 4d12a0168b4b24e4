import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactStore,
  type ErrorCode,
  type ListEntry,
  type ObjectStat,
  type OperationOptions,
  StackError,
  type WriteOptions,
} from '@stack/core';
import type { MemoryArtifactStoreConfig } from './config.ts';

interface StoredObject extends ObjectStat {
  readonly bytes: Buffer;
}

/** Keeps objects in a map. They are gone with the component. */
export default class MemoryArtifactStore extends ArtifactStore<MemoryArtifactStoreConfig> {
  readonly #objects = new Map<string, StoredObject>();
  #writes = 0;

  protected override async doRead(
    key: string,
    { start, end, signal }: { readonly start: number; readonly end: number | undefined; readonly signal?: AbortSignal },
  ): Promise<Readable> {
    const bytes = this.#get(key).bytes.subarray(start, end);
    const chunkSize = 64 * 1024;
    const chunks = function* () {
      for (let from = 0; from < bytes.length; from += chunkSize)
        yield Buffer.from(bytes.subarray(from, from + chunkSize));
    };
    return Readable.from(chunks(), { signal });
  }

  protected override async doWrite(key: string, source: Readable, options: WriteOptions): Promise<ObjectStat> {
    const abort = () => source.destroy(options.signal?.reason);
    options.signal?.addEventListener('abort', abort);
    try {
      const bytes = Buffer.from(await buffer(source));
      options.signal?.throwIfAborted();
      return this.#put(key, bytes, options);
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  protected override async doStat(key: string): Promise<ObjectStat | undefined> {
    return describe(this.#objects.get(key));
  }

  protected override async *doList(
    key: string,
    { recursive }: OperationOptions & { readonly recursive: boolean },
  ): AsyncIterable<ListEntry> {
    const prefix = key === '' ? '' : `${key}/`;
    const directories = new Set<string>();
    const keys = [...this.#objects.keys()].filter((candidate) => candidate.startsWith(prefix));
    for (const path of keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      const slash = path.indexOf('/', prefix.length);
      if (recursive || slash < 0) {
        const object = this.#objects.get(path);
        if (object !== undefined) yield { type: 'file', path, size: object.size, modifiedAt: object.modifiedAt };
      } else if (!directories.has(path.slice(0, slash))) {
        directories.add(path.slice(0, slash));
        yield { type: 'directory', path: path.slice(0, slash) };
      }
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key);
  }

  protected override async doCopy(from: string, to: string, options: WriteOptions): Promise<ObjectStat> {
    return this.#put(to, this.#get(from).bytes, options);
  }

  protected override async doRename(from: string, to: string, options: WriteOptions): Promise<ObjectStat> {
    const stat = this.#put(to, this.#get(from).bytes, options);
    this.#objects.delete(from);
    return stat;
  }

  /** Every error here is a `StackError` already, or the caller's own. */
  protected override mapError(_error: unknown): ErrorCode | undefined {
    return undefined;
  }

  #get(key: string): StoredObject {
    const object = this.#objects.get(key);
    if (object !== undefined) return object;
    throw new StackError({ code: 'NOT_FOUND', message: `There is no object "${key}" in the ${this}.` });
  }

  #put(key: string, bytes: Buffer, { ifAbsent, ifMatch }: WriteOptions): ObjectStat {
    const present = this.#objects.get(key);
    if (this.#isInTheWay(key)) {
      throw new StackError({
        code: 'PATH_CONFLICT',
        message: `"${key}" in the ${this} is the directory of other objects, or lies below an object.`,
      });
    }
    if (ifAbsent && present !== undefined) {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `There is an object "${key}" in the ${this} already.`,
      });
    }
    if (ifMatch !== undefined && present?.etag !== ifMatch) {
      throw new StackError({
        code: 'PRECONDITION_FAILED',
        message: `The object "${key}" in the ${this} is not the one with the etag ${ifMatch}.`,
      });
    }
    const stat = { size: bytes.length, modifiedAt: new Date(), etag: String(++this.#writes) };
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

function describe(object: StoredObject | undefined): ObjectStat | undefined {
  return object && { size: object.size, modifiedAt: object.modifiedAt, etag: object.etag };
}
