import { Readable } from 'node:stream';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import type { RemovalFailure, StoredStat } from '../../packages/core/src/index.ts';
import { RivalStore } from './rival-store.ts';

/** flydrive on a folder, by its `Disk`. */
export default class FlydriveStore extends RivalStore {
  readonly #disk = new Disk(new FSDriver({ location: this.root, visibility: 'private' }));

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    return this.unlessAbsent(async () => {
      if (!(await this.#disk.exists(key))) return undefined;
      const { contentLength, etag, lastModified } = await this.#disk.getMetaData(key);
      return { size: contentLength, modifiedAt: lastModified, etag };
    });
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) await this.unlessAbsent(() => this.#disk.delete(key));
    return [];
  }

  protected override readBytes(key: string): Promise<Uint8Array> {
    return this.#disk.getBytes(key);
  }

  protected override async writeBytes(key: string, source: Uint8Array | Readable): Promise<void> {
    await (source instanceof Readable ? this.#disk.putStream(key, source) : this.#disk.put(key, source));
  }

  protected override copyObject(from: string, to: string): Promise<void> {
    return this.#disk.copy(from, to);
  }

  protected override moveObject(from: string, to: string): Promise<void> {
    return this.#disk.move(from, to);
  }

  protected override async listKeys(directory: string): Promise<readonly string[]> {
    const listed = await this.unlessAbsent(() => this.#disk.listAll(directory, { recursive: true }));
    return [...(listed?.objects ?? [])].flatMap((object) => (object.isFile ? [object.key] : []));
  }
}
