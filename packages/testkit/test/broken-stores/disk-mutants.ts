import { lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore, ListEntry, OperationOptions, RemovalFailure, StoredStat } from '@stack/core';
import FolderArtifactStore from '../folder-store/folder-artifact-store.ts';
import type { Mutant } from './mutant.ts';

/** Goes where links lead. */
class FollowsLinks extends FolderArtifactStore {
  override async locate(key: string, { make = false } = {}): Promise<string> {
    const path = join(this.root, ...key.split('/'));
    if (make) await mkdir(dirname(path), { recursive: true });
    return path;
  }
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const found = await stat(await this.locate(key)).catch(() => undefined);
    return found?.isFile() ? { size: found.size, modifiedAt: found.mtime, etag: `${found.mtimeMs}` } : undefined;
  }
}

class FollowsLinksInListings extends FolderArtifactStore {
  override async *listFolder(folder: string, key: string, recursive: boolean): AsyncIterable<ListEntry> {
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const found = await stat(join(folder, name)).catch(() => undefined);
      const path = key === '' ? name : `${key}/${name}`;
      if (found?.isFile()) yield { type: 'file', path, size: found.size, modifiedAt: found.mtime };
      else if (recursive && found !== undefined) yield* this.listFolder(join(folder, name), path, true);
      else if (found !== undefined) yield { type: 'directory', path };
    }
  }
}

class FollowsLinksInRemovals extends FolderArtifactStore {
  override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    for (const key of keys) await rm(join(this.root, key), { force: true });
    return [];
  }
}

class TakesBackslashesForSlashes extends FolderArtifactStore {
  override async locate(key: string, options?: { readonly make?: boolean }): Promise<string> {
    if (!key.includes('\\')) return super.locate(key, options);
    const path = join(this.root, key.replaceAll('\\', '/'));
    await mkdir(dirname(path), { recursive: true });
    return path;
  }
}

class DecodesPerCentSigns extends FolderArtifactStore {
  override async locate(key: string, options?: { readonly make?: boolean }): Promise<string> {
    if (!key.includes('%')) return super.locate(key, options);
    const path = join(this.root, decodeURIComponent(key));
    await mkdir(dirname(path), { recursive: true });
    return path;
  }
}

class ListsEmptyFolders extends FolderArtifactStore {
  override async *listFolder(folder: string, key: string, recursive: boolean): AsyncIterable<ListEntry> {
    yield* super.listFolder(folder, key, recursive);
    if (recursive) return;
    for (const name of await readdir(folder)) {
      if (name.startsWith('.') || !(await lstat(join(folder, name))).isDirectory()) continue;
      yield { type: 'directory', path: key === '' ? name : `${key}/${name}` };
    }
  }
}

class ListsWhatItCannotRead extends FolderArtifactStore {
  override async *walk(path = '', options: OperationOptions = {}): ReturnType<ArtifactStore['walk']> {
    const request = { recursive: true, prefix: '', limit: undefined, signal: options.signal };
    for await (const entry of this.doList(path, request)) if (entry.type === 'file') yield entry;
  }
}

/** Stores in a folder, each of which falls into a trap there. */
export const diskMutants: readonly Mutant<typeof FolderArtifactStore>[] = [
  {
    fault: 'follows links when it reads',
    store: FollowsLinks,
    convictedBy: 'a symbolic link below the root is PATH_OUTSIDE_STORE to read, and not followed',
  },
  {
    fault: 'follows links when it writes',
    store: FollowsLinks,
    convictedBy: 'a symbolic link below the root is PATH_OUTSIDE_STORE to write, and not followed',
  },
  {
    fault: 'follows links when it lists',
    store: FollowsLinksInListings,
    convictedBy: 'a symbolic link below the root is not followed by listings',
  },
  {
    fault: 'follows links when it removes',
    store: FollowsLinksInRemovals,
    convictedBy: 'a symbolic link below the root is not followed by removals',
  },
  {
    fault: 'lets backslashes lead out of its root',
    store: TakesBackslashesForSlashes,
    convictedBy: 'no key leads out of the folder of the root',
  },
  {
    fault: 'lets encoded dots lead out of its root',
    store: DecodesPerCentSigns,
    convictedBy: 'no key leads out of the folder of the root',
  },
  {
    fault: 'lists what it cannot read',
    store: ListsWhatItCannotRead,
    convictedBy: 'files of names that no key can have, made by another program, are not there',
  },
  {
    fault: 'lists empty folders',
    store: ListsEmptyFolders,
    convictedBy: 'folders without objects, made by another program, are not there',
  },
];
