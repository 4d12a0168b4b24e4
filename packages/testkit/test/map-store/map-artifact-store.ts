import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ArtifactStore, type ListEntry, type ReadRequest, type StoredStat, type WriteRequest } from '@stack/core';

export default class MapArtifactStore extends ArtifactStore {
  readonly #objects = new Map<string, StoredStat & { readonly bytes: Buffer }>();

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest) {
    const stat = this.#objects.get(key);
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
    return { stat, body: Buffer.from(stat.bytes.subarray(start, end)) };
  }
  protected override async doWrite(key: string, source: Uint8Array | Readable, request: WriteRequest) {
    const bytes = source instanceof Uint8Array ? Buffer.from(source) : await buffer(source);
    request.signal?.throwIfAborted();
    const present = this.#objects.get(key);
    if ([...this.#objects.keys()].some((other) => other.startsWith(`${key}/`) || key.startsWith(`${other}/`))) {
      throw this.refusal('PATH_CONFLICT');
    }
    if (request.ifAbsent && present !== undefined) throw this.refusal('ALREADY_EXISTS');
    if (request.ifMatch !== undefined && request.ifMatch !== present?.etag) throw this.refusal('PRECONDITION_FAILED');
    const { digest, writeId } = request;
    const stat = {
      size: bytes.length,
      modifiedAt: new Date(),
      etag: crypto.randomUUID(),
      sha256: digest?.sha256,
      writeId,
    };
    this.#objects.set(key, { ...stat, bytes });
    return stat;
  }
  protected override async doStat(key: string) {
    return this.#objects.get(key);
  }
  protected override async *doList(key: string, { recursive }: { recursive: boolean }): AsyncIterable<ListEntry> {
    const entries = new Map<string, ListEntry>();
    for (const [path, { size, modifiedAt }] of this.#objects) {
      if (key !== '' && !path.startsWith(`${key}/`)) continue;
      const slash = recursive ? -1 : path.indexOf('/', key === '' ? 0 : key.length + 1);
      if (slash < 0) entries.set(path, { type: 'file', path, size, modifiedAt });
      else entries.set(path.slice(0, slash + 1), { type: 'directory', path: path.slice(0, slash) });
    }
    const inOrder = [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const [, entry] of inOrder) yield entry;
  }
  protected override async doRemove(keys: readonly string[]) {
    for (const key of keys) this.#objects.delete(key);
    return [];
  }
  protected override mapError() {
    return undefined;
  }
}
