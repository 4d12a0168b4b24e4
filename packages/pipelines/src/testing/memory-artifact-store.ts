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

interface StoredObject {
  bytes: Buffer;
  readonly modifiedAt: Date;
}

/** An artifact store for tests of this package: a map, with as much of the contract as the engine uses. */
export class MemoryArtifactStore extends ArtifactStore {
  readonly objects = new Map<string, StoredObject>();
  /** Called before each write with the key; what it throws is the error of the write. */
  beforeWrite: (key: string) => void | Promise<void> = () => {};
  writes = 0;

  constructor() {
    super({
      id: 'memory',
      name: 'memory',
      type: 'artifact-store',
      flavor: 'memory',
      config: { path: 'memory://artifacts' },
      settings: {},
      labels: {},
      baseDirectory: '/',
      overrides: {},
    });
  }

  protected override async doRead(
    key: string,
    { start, end }: { readonly start: number; readonly end: number | undefined },
  ): Promise<Readable> {
    return Readable.from([this.#object(key).bytes.subarray(start, end)]);
  }

  protected override async doWrite(key: string, source: Readable, { ifAbsent }: WriteOptions): Promise<ObjectStat> {
    await this.beforeWrite(key);
    const bytes = await buffer(source);
    if (ifAbsent === true && this.objects.has(key)) {
      throw new StackError({ code: 'ALREADY_EXISTS', message: `There is "${key}" already.` });
    }
    this.writes++;
    this.objects.set(key, { bytes, modifiedAt: new Date() });
    return { size: bytes.length, modifiedAt: new Date(), etag: key };
  }

  protected override async doStat(key: string): Promise<ObjectStat | undefined> {
    const object = this.objects.get(key);
    return object && { size: object.bytes.length, modifiedAt: object.modifiedAt, etag: key };
  }

  protected override async *doList(
    key: string,
    _options: OperationOptions & { readonly recursive: boolean },
  ): AsyncIterable<ListEntry> {
    for (const [path, { bytes, modifiedAt }] of [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key === '' || path.startsWith(`${key}/`)) yield { type: 'file', path, size: bytes.length, modifiedAt };
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key);
  }

  protected override mapError(): ErrorCode | undefined {
    return undefined;
  }

  #object(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object !== undefined) return object;
    throw new StackError({ code: 'NOT_FOUND', message: `There is no "${key}".` });
  }
}
