import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactStore,
  type ErrorCode,
  type ListEntry,
  type ObjectContent,
  type ReadRequest,
  type RemovalFailure,
  type StoredStat,
  type WriteRequest,
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
      config: { path: 'memory://artifacts', retry: { attempts: 1, baseDelay: 0, maximumDelay: 0 } },
      settings: {},
      labels: {},
      baseDirectory: '/',
      overrides: {},
    });
  }

  protected override async doRead(key: string, { start, end }: ReadRequest): Promise<ObjectContent> {
    const stat = await this.doStat(key);
    const object = this.objects.get(key);
    if (object === undefined || stat === undefined) throw this.refusal('NOT_FOUND');
    return { stat, body: Buffer.from(object.bytes.subarray(start, end)) };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    { ifAbsent }: WriteRequest,
  ): Promise<StoredStat> {
    await this.beforeWrite(key);
    const bytes = source instanceof Readable ? await buffer(source) : Buffer.from(source);
    if (ifAbsent && this.objects.has(key)) throw this.refusal('ALREADY_EXISTS');
    this.writes++;
    this.objects.set(key, { bytes, modifiedAt: new Date() });
    return { size: bytes.length, modifiedAt: new Date(), etag: key };
  }

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    const object = this.objects.get(key);
    return object && { size: object.bytes.length, modifiedAt: object.modifiedAt, etag: key };
  }

  protected override async *doList(key: string): AsyncIterable<ListEntry> {
    for (const [path, { bytes, modifiedAt }] of [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key === '' || path.startsWith(`${key}/`)) yield { type: 'file', path, size: bytes.length, modifiedAt };
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) this.objects.delete(key);
    return [];
  }

  protected override mapError(): ErrorCode | undefined {
    return undefined;
  }
}
