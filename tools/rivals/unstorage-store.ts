import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createStorage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';
import type { RemovalFailure, StoredStat } from '../../packages/core/src/index.ts';
import { RivalStore } from './rival-store.ts';

/** unstorage on a folder, by its driver `fs`. It has no streams, and its keys have ":" where ours have "/". */
export default class UnstorageStore extends RivalStore {
  readonly #storage = createStorage({ driver: fsDriver({ base: this.root, ignore: [] }) });

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#storage.dispose();
  }

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    // It says of folders that they are there, and has no bytes of them.
    if (!(await this.#storage.hasItem(key)) || (await this.#storage.getItemRaw(key)) === null) return undefined;
    const { size, mtime } = await this.#storage.getMeta(key, { nativeOnly: true });
    if (typeof size !== 'number' || mtime === undefined) return undefined;
    return { size, modifiedAt: mtime, etag: `${mtime.getTime()}-${size}` };
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) await this.unlessAbsent(() => this.#storage.removeItem(key));
    return [];
  }

  protected override async readBytes(key: string): Promise<Uint8Array> {
    const bytes = await this.#storage.getItemRaw<Uint8Array>(key);
    if (bytes === null) throw this.refusal('NOT_FOUND');
    return bytes;
  }

  protected override async writeBytes(key: string, source: Uint8Array | Readable): Promise<void> {
    await this.#storage.setItemRaw(key, source instanceof Readable ? await buffer(source) : source);
  }

  protected override async copyObject(from: string, to: string): Promise<void> {
    await this.#storage.setItemRaw(to, await this.readBytes(from));
  }

  protected override async moveObject(from: string, to: string): Promise<void> {
    await this.copyObject(from, to);
    await this.#storage.removeItem(from);
  }

  protected override async listKeys(directory: string): Promise<readonly string[]> {
    const keys = await this.#storage.getKeys(directory);
    return keys.map((key) => key.replaceAll(':', '/'));
  }
}
