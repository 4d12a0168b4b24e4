import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  ArtifactStore,
  type ErrorCode,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type ReadRequest,
  type RemovalFailure,
  type StoredStat,
  type WriteRequest,
} from '@stack/core';

const stagingFolder = '.folder-store';

/** Keeps objects in a folder, for the cases about links and folders alone: it knows no conditions between processes. */
export default class FolderArtifactStore extends ArtifactStore {
  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    const path = await this.locate(key);
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const stat = statOf(await file.stat());
    if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
    return { stat, body: (await file.readFile()).subarray(start, end) };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    { ifAbsent, ifMatch, signal }: WriteRequest,
  ): Promise<StoredStat> {
    const staged = join(this.root, stagingFolder, randomUUID());
    await mkdir(dirname(staged), { recursive: true });
    try {
      await writeFile(staged, source);
      signal?.throwIfAborted();
      const path = await this.locate(key, { make: true });
      const present = await this.doStat(key);
      if (ifAbsent && present !== undefined) throw this.refusal('ALREADY_EXISTS');
      if (ifMatch !== undefined && ifMatch !== present?.etag) throw this.refusal('PRECONDITION_FAILED');
      await removeEmptyFolders(path);
      await rename(staged, path);
      return statOf(await lstat(path));
    } finally {
      await rm(staged, { force: true });
    }
  }

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    const stat = await this.locate(key)
      .then((path) => lstat(path))
      .catch(undefinedWhenMissing);
    if (stat?.isSymbolicLink()) throw this.refusal('PATH_OUTSIDE_STORE', `${key} is a symbolic link`);
    return stat?.isFile() ? statOf(stat) : undefined;
  }

  protected override async *doList(key: string, { recursive }: ListRequest): AsyncIterable<ListEntry> {
    const folder = key === '' ? this.root : await this.locate(key).catch(undefinedWhenMissing);
    if (folder === undefined) return;
    if ((await lstat(folder).catch(undefinedWhenMissing))?.isSymbolicLink()) {
      throw this.refusal('PATH_OUTSIDE_STORE', `${key} is a symbolic link`);
    }
    yield* this.listFolder(folder, key, recursive);
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) {
      const path = await this.locate(key).catch(undefinedWhenMissing);
      if (path !== undefined) await rm(path, { force: true });
    }
    return [];
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { ENOENT: 'NOT_FOUND', ENOTDIR: 'PATH_CONFLICT', EISDIR: 'PATH_CONFLICT', ELOOP: 'PATH_OUTSIDE_STORE' }[
      code
    ] as ErrorCode | undefined;
  }

  /** The path of a key, which no link leads to. */
  protected async locate(key: string, { make = false } = {}): Promise<string> {
    const path = join(this.root, ...key.split('/'));
    const root = await realpath(this.root);
    for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
      const real = await realpath(folder).catch(undefinedWhenMissing);
      if (real !== undefined && real !== folder) throw this.refusal('PATH_OUTSIDE_STORE', `${key} is behind a link`);
      if (real !== undefined) break;
    }
    if (make) await mkdir(dirname(path), { recursive: true });
    const isLink = (await lstat(path).catch(undefinedWhenMissing))?.isSymbolicLink();
    if (isLink) throw this.refusal('PATH_OUTSIDE_STORE', `${key} is a symbolic link`);
    return path;
  }

  protected async *listFolder(folder: string, key: string, recursive: boolean): AsyncIterable<ListEntry> {
    const entries = (await readdir(folder, { withFileTypes: true }).catch(undefinedWhenMissing)) ?? [];
    const order = (name: string, isFolder: boolean) => Buffer.from(isFolder ? `${name}/` : name);
    entries.sort((a, b) => Buffer.compare(order(a.name, a.isDirectory()), order(b.name, b.isDirectory())));
    for (const entry of entries) {
      const path = key === '' ? entry.name : `${key}/${entry.name}`;
      const file = join(folder, entry.name);
      if (entry.name === stagingFolder) continue;
      if (entry.isFile()) {
        const { size, modifiedAt } = statOf(await lstat(file));
        yield { type: 'file', path, size, modifiedAt };
      } else if (entry.isDirectory() && recursive) yield* this.listFolder(file, path, true);
      else if (entry.isDirectory()) {
        for await (const _ of this.listFolder(file, path, true)) {
          yield { type: 'directory', path };
          break;
        }
      }
    }
  }
}

function statOf({ size, mtime, mtimeMs, ino }: Stats): ObjectStat {
  return { size, modifiedAt: mtime, etag: `${mtimeMs}-${size}-${ino}` };
}

async function removeEmptyFolders(path: string): Promise<void> {
  if (!(await lstat(path).catch(undefinedWhenMissing))?.isDirectory()) return;
  for (const name of await readdir(path)) await removeEmptyFolders(join(path, name));
  await rmdir(path);
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
