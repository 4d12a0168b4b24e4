import { Readable } from 'node:stream';
import { Operator } from 'opendal';
import type { ErrorCode, RemovalFailure, StoredStat, WriteRequest } from '../../packages/core/src/index.ts';
import { RivalStore } from './rival-store.ts';

/** opendal on a folder, by its service `fs`, writing through a folder beside it: that is how it is atomic. */
export default class OpendalStore extends RivalStore {
  readonly #operator = new Operator('fs', { root: this.root, atomic_write_dir: `${this.root}-writes` });

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    const stat = await this.unlessAbsent(() => this.#operator.stat(key));
    if (!stat?.isFile()) return undefined;
    const [size, modifiedAt] = [Number(stat.contentLength), new Date(stat.lastModified ?? 0)];
    return { size, modifiedAt, etag: stat.etag ?? `${modifiedAt.getTime()}-${size}` };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    if (!request.ifAbsent) return super.doWrite(key, source, request);
    const parts: Uint8Array[] = [];
    for await (const part of source instanceof Readable ? source : [source]) parts.push(part);
    await this.#operator.write(key, Buffer.concat(parts), { ifNotExists: true });
    const stat = await this.doStat(key);
    if (stat === undefined) throw this.refusal('NOT_FOUND', 'what was written is not there');
    return stat;
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) await this.unlessAbsent(() => this.#operator.delete(key));
    return [];
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    const message = error instanceof Error ? error.message : '';
    const [, kind = ''] = /^(\w+) \(/.exec(message) ?? [];
    const [, systemError = ''] = /\(os error (\d+)\)/.exec(message) ?? [];
    return kinds[kind] ?? systemErrors[systemError] ?? super.mapError(error);
  }

  protected override readBytes(key: string): Promise<Uint8Array> {
    return this.#operator.read(key);
  }

  protected override async writeBytes(key: string, source: Uint8Array | Readable): Promise<void> {
    if (!(source instanceof Readable)) {
      await this.#operator.write(key, Buffer.from(source));
      return;
    }
    const writer = await this.#operator.writer(key);
    for await (const part of source) await writer.write(part);
    await writer.close();
  }

  protected override copyObject(from: string, to: string): Promise<void> {
    return this.#operator.copy(from, to);
  }

  protected override moveObject(from: string, to: string): Promise<void> {
    return this.#operator.rename(from, to);
  }

  protected override async listKeys(directory: string): Promise<readonly string[]> {
    const path = directory === '' ? '/' : `${directory}/`;
    const entries = await this.unlessAbsent(() => this.#operator.list(path, { recursive: true }));
    return (entries ?? []).filter((entry) => entry.metadata().isFile()).map((entry) => entry.path());
  }
}

/** What it tells of an error, in the words of its own and by the number that the system gave. */
const kinds: Readonly<Record<string, ErrorCode>> = {
  NotFound: 'NOT_FOUND',
  IsADirectory: 'PATH_CONFLICT',
  NotADirectory: 'PATH_CONFLICT',
  AlreadyExists: 'ALREADY_EXISTS',
  ConditionNotMatch: 'ALREADY_EXISTS',
  PermissionDenied: 'ACCESS_DENIED',
};
const systemErrors: Readonly<Record<string, ErrorCode>> = {
  '2': 'NOT_FOUND',
  '17': 'PATH_CONFLICT',
  '20': 'PATH_CONFLICT',
  '21': 'PATH_CONFLICT',
  '39': 'PATH_CONFLICT',
  '40': 'PATH_OUTSIDE_STORE',
};
