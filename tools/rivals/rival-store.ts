import type { Readable } from 'node:stream';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ReadRequest,
  type StoredStat,
  type WriteRequest,
} from '../../packages/core/src/index.ts';

/**
 * A store over another library, as thin as it can be: what the library does is what the cases see. What its interface
 * does not have is `CAPABILITY_UNSUPPORTED`, and is not counted as a failure.
 */
export abstract class RivalStore extends ArtifactStore {
  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    const stat = await this.doStat(key);
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
    const bytes = await this.readBytes(key);
    if (start === 0 && end === undefined) return { stat: { ...stat, size: bytes.length }, body: bytes };
    return { stat, body: bytes.subarray(start, end) };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    this.refuseConditions(request);
    request.signal?.throwIfAborted();
    await this.writeBytes(key, source);
    const stat = await this.doStat(key);
    if (stat === undefined) throw this.refusal('NOT_FOUND', 'what was written is not there');
    return stat;
  }

  /** Sorts what the library lists, which says nothing of an order. */
  protected override async *doList(key: string, { recursive }: ListRequest): AsyncIterable<ListEntry> {
    const entries = new Map<string, ListEntry>();
    for (const path of await this.listKeys(key)) {
      const slash = path.indexOf('/', key === '' ? 0 : key.length + 1);
      if (recursive || slash < 0) {
        const stat = await this.doStat(path);
        if (stat !== undefined) entries.set(path, { type: 'file', path, size: stat.size, modifiedAt: stat.modifiedAt });
      } else entries.set(`${path.slice(0, slash)}/`, { type: 'directory', path: path.slice(0, slash) });
    }
    for (const [, entry] of [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
      yield entry;
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    this.refuseConditions(request);
    return this.#moved(from, to, () => this.copyObject(from, to));
  }

  protected override async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    this.refuseConditions(request);
    return this.#moved(from, to, () => this.moveObject(from, to));
  }

  /** Overridden where the library tells what went wrong. */
  protected override mapError(error: unknown): ErrorCode | undefined {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { ENOENT: 'NOT_FOUND', ENOTDIR: 'PATH_CONFLICT', EISDIR: 'PATH_CONFLICT' }[code] as ErrorCode | undefined;
  }

  protected refuseConditions({ ifAbsent, ifMatch }: Pick<CopyRequest, 'ifAbsent' | 'ifMatch'>): void {
    if (ifAbsent || ifMatch !== undefined) {
      throw this.refusal('CAPABILITY_UNSUPPORTED', 'its interface has no such condition');
    }
  }

  protected abstract readBytes(key: string): Promise<Uint8Array>;
  protected abstract writeBytes(key: string, source: Uint8Array | Readable): Promise<void>;
  protected abstract copyObject(from: string, to: string): Promise<void>;
  protected abstract moveObject(from: string, to: string): Promise<void>;
  /** Every key below a directory, however deep. */
  protected abstract listKeys(directory: string): Promise<readonly string[]>;

  async #moved(from: string, to: string, move: () => Promise<void>): Promise<StoredStat> {
    if ((await this.doStat(from)) === undefined) throw this.refusal('NOT_FOUND');
    await move();
    const stat = await this.doStat(to);
    if (stat === undefined) throw this.refusal('NOT_FOUND', 'what was moved is not there');
    return stat;
  }
}
