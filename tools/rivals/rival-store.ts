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
  /** How often something was asked in this process that the interface of a library does not have. */
  static lacking = 0;

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

  /** Where the library has no codes of its own, those of Node that are the cause of its errors. */
  protected override mapError(error: unknown): ErrorCode | undefined {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      const code = 'code' in cause ? nodeCodes[String(cause.code)] : undefined;
      if (code !== undefined) return code;
    }
    return undefined;
  }

  protected refuseConditions({ ifAbsent, ifMatch }: Pick<CopyRequest, 'ifAbsent' | 'ifMatch'>): void {
    if (!ifAbsent && ifMatch === undefined) return;
    RivalStore.lacking++;
    throw this.refusal('CAPABILITY_UNSUPPORTED', 'its interface has no such condition');
  }

  /** The result; `undefined` where there is nothing at a path, or a folder. */
  protected async unlessAbsent<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      const code = this.mapError(error);
      if (code === 'NOT_FOUND' || code === 'PATH_CONFLICT') return undefined;
      throw error;
    }
  }

  protected abstract override doStat(key: string): Promise<StoredStat | undefined>;
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

const nodeCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'PATH_CONFLICT',
  EISDIR: 'PATH_CONFLICT',
  ENOTEMPTY: 'PATH_CONFLICT',
  EEXIST: 'PATH_CONFLICT',
  ELOOP: 'PATH_OUTSIDE_STORE',
  EACCES: 'ACCESS_DENIED',
};
