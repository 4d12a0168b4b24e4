import { hash, randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
  entriesOfPages,
  type Garbage,
  type GarbageRequest,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type ProbeResult,
  type ReadRequest,
  type RemovalFailure,
  StackError,
  type StoreRequest,
  unhealthy,
  type WriteRequest,
} from '@stack/core';
import { withFileLock } from '../file-lock/file-lock.ts';
import type { LocalArtifactStoreConfig } from './config.ts';
import {
  type ConfinedDirectory,
  closeIdleDirectories,
  entryOf,
  linkRefused,
  openDirectory,
} from './confined-directory.ts';
import { exclusively } from './exclusively.ts';
import { nameOf, segmentOf, stagingFolder } from './file-name.ts';
import { FileStream } from './file-stream.ts';
import { writeStagedFile } from './staged-file.ts';
import { syncDirectory } from './sync-directory.ts';
import { findEntry, moveFile, readBytes, readSmall, smallSize } from './system-calls.ts';

/** A writer makes its directory again when a removal beside it took it away. This often, at most. */
const maximumCommitAttempts = 1000;

/** Bytes that are read as a whole: it costs less than a stream. */
const smallRead = 128 * 1024;
/** So many files are removed at once. */
const removalsAtOnce = 64;
/** So many entries of a directory are looked at, and listed, at once. */
const entriesAtOnce = 256;

/**
 * Keeps objects as files below a folder, which is made by the first write.
 *
 * - A write goes to a file in the folder `.stack-staging` of the root, and is then renamed or linked to its place, so
 *   that it is seen as a whole or not at all. What a killed process leaves there is never seen.
 * - Symbolic links below the root are refused; the root itself may be one. Each operation opens the directory that it works
 *   in, makes sure that no link led there, and on Linux reaches the files in it by what it opened: so this holds against
 *   someone who swaps directories for links meanwhile, too. Elsewhere it does not.
 * - `ifAbsent` and `ifMatch` hold among all processes of this machine that write with conditions.
 */
export default class LocalArtifactStore extends ArtifactStore<LocalArtifactStoreConfig> {
  #realRoot: string | undefined;
  #isFolding: boolean | undefined;

  override async probe(): Promise<ProbeResult> {
    try {
      using staging = await this.#openStaging();
      const staged = join(staging.path, randomUUID());
      const file = await open(staged, 'wx+');
      try {
        await file.writeFile('probe');
        const { bytesRead } = await file.read({ position: 0 });
        if (bytesRead !== 5) return { healthy: false, message: `${this.root} does not give back what is written.` };
      } finally {
        await file.close();
        await unlink(staged);
      }
      return { healthy: true, message: `${this.root} can be written and read.` };
    } catch (error) {
      return unhealthy(error);
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // Those of other stores, too, which open them anew.
    closeIdleDirectories();
  }

  protected override resolveRoot(path: string): string {
    const root = resolve(this.baseDirectory, pathOfUrl(path));
    return root === '/' ? '' : root;
  }

  protected override normalizePath(path: string): string {
    return pathOfUrl(path);
  }

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    const descriptor = await this.#openObject(key);
    let stream: FileStream | undefined;
    try {
      // It asks no disk: the kernel has what was just opened.
      const found = fstatSync(descriptor, { bigint: true });
      if (!found.isFile()) throw this.refusal('NOT_FOUND');
      const stat = objectStat(found);
      if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
      const length = Math.max(0, Math.min(end ?? stat.size, stat.size) - start);
      if (length <= smallSize) return { stat, body: readSmall(descriptor, start, length) };
      if (length <= smallRead) return { stat, body: await readBytes(descriptor, start, length) };
      // It closes the file.
      stream = new FileStream(descriptor, start, start + length);
      return { stat, body: stream };
    } finally {
      if (stream === undefined) closeSync(descriptor);
    }
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<ObjectStat> {
    using staging = await this.#openStaging();
    const path = await this.#pathOf(key);
    const staged = `${staging.path}/${randomUUID()}`;
    try {
      const found = await writeStagedFile(staged, source, this.config.durability === 'fsync');
      request.signal?.throwIfAborted();
      await this.#commit(staged, path, request);
      return objectStat(found);
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    }
  }

  protected override async doStat(key: string): Promise<ObjectStat | undefined> {
    try {
      const path = await this.#pathOf(key);
      using directory = await openDirectory(dirname(path));
      const found = findFile(directory, path);
      return found && objectStat(found);
    } catch (error) {
      return undefinedWhenMissing(error);
    }
  }

  protected override doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    return entriesOfPages(this.#list(key, request), request);
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const failures: RemovalFailure[] = [];
    for (let start = 0; start < keys.length; start += removalsAtOnce) {
      signal?.throwIfAborted();
      const batch = keys.slice(start, start + removalsAtOnce);
      await Promise.all(batch.map((key) => this.#remove(key).catch((error: unknown) => failures.push({ key, error }))));
      const parents = new Map(batch.map((key) => [dirname(key), key]));
      for (const key of parents.values()) await this.#removeEmptyParents(key);
    }
    return failures;
  }

  protected override async doRename(from: string, to: string, request: CopyRequest): Promise<ObjectStat> {
    const path = await this.#pathOf(from);
    using directory = await openDirectory(dirname(path));
    const found = findFile(directory, path);
    if (found === undefined) throw this.refusal('NOT_FOUND');
    await this.#commit(entryOf(directory, path), await this.#pathOf(to), request);
    await this.#makeDurable(directory);
    await this.#removeEmptyParents(from);
    return objectStat(found);
  }

  protected override async *doCollectGarbage({ before, dryRun, signal }: GarbageRequest): AsyncIterable<Garbage> {
    const root = await this.#openRoot().catch(undefinedWhenMissing);
    if (root === undefined) return;
    const path = join(root, stagingFolder);
    const names = await readdir(path).catch(undefinedWhenMissing);
    for (const name of names ?? []) {
      signal?.throwIfAborted();
      using staging = await openDirectory(path);
      const file = join(staging.path, name);
      const found = await lstat(file).catch(undefinedWhenMissing);
      if (found === undefined || found.isDirectory() || found.mtime >= before) continue;
      if (!dryRun) await unlink(file).catch(undefinedWhenMissing);
      yield { kind: 'staged-file', id: join(path, name), size: found.size, modifiedAt: found.mtime };
    }
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
    return errorCodes[error.code];
  }

  /** Whether the disk takes names for the same that differ in case alone. */
  protected async findOutFolding(root: string): Promise<boolean> {
    const other = await stat(join(root, stagingFolder.toUpperCase())).catch(undefinedWhenMissing);
    return other !== undefined && other.ino === (await stat(join(root, stagingFolder))).ino;
  }

  async #openObject(key: string): Promise<number> {
    const path = await this.#pathOf(key);
    using directory = await openDirectory(dirname(path));
    try {
      // Without O_NONBLOCK, opening a pipe would wait for its writer.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      return openSync(entryOf(directory, path), flags);
    } catch (error) {
      throw hasCode(error, 'ELOOP') ? linkRefused(path) : error;
    }
  }

  async #remove(key: string): Promise<void> {
    const path = await this.#pathOf(key).catch(undefinedWhenMissing);
    if (path === undefined) return;
    await exclusively(path, async () => {
      using directory = await openDirectory(dirname(path));
      if (findFile(directory, path) === undefined) return;
      await unlink(entryOf(directory, path));
      await this.#makeDurable(directory);
    }).catch(undefinedWhenMissing);
  }

  /** Moves a complete file to the place of an object. */
  async #commit(complete: string, path: string, request: CopyRequest): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        using directory = await this.#makeDirectory(dirname(path));
        await exclusively(path, () => this.#place(complete, directory, path, request));
        await this.#makeDurable(directory);
        return;
      } catch (error) {
        if (attempt === maximumCommitAttempts) throw error;
        if (hasCode(error, 'ENOENT')) {
          // The parent was empty when a removal beside this looked, or there is nothing to move any more.
          await lstat(complete);
        } else if (hasCode(error, 'EISDIR', 'EEXIST', 'ENOTEMPTY')) {
          const present = await lstat(path).catch(undefinedWhenMissing);
          if (present?.isSymbolicLink()) throw linkRefused(path);
          if (hasCode(error, 'EEXIST') && !present?.isDirectory()) throw this.refusal('ALREADY_EXISTS');
          if (!(await removeEmptyDirectory(path))) throw this.refusal('PATH_CONFLICT');
        } else if (hasCode(error, 'ENOTDIR')) throw this.refusal('PATH_CONFLICT');
        else throw error;
      }
    }
  }

  async #place(
    complete: string,
    directory: ConfinedDirectory,
    path: string,
    { ifAbsent, ifMatch }: CopyRequest,
  ): Promise<void> {
    const target = entryOf(directory, path);
    if (ifAbsent) {
      linkSync(complete, target);
      unlinkSync(complete);
      return;
    }
    const replace = async () => {
      // It refuses a link, which `rename` would replace.
      const present = findFile(directory, path);
      if (ifMatch !== undefined && (present === undefined || objectStat(present).etag !== ifMatch)) {
        throw this.refusal('PRECONDITION_FAILED');
      }
      // Where something is replaced, its space is given free, and some file systems write the new bytes to the disk first.
      if (present === undefined) renameSync(complete, target);
      else await moveFile(complete, target);
    };
    if (ifMatch === undefined) return replace();
    // No process beside this one is to replace the object between the look at its etag and the move.
    using staging = await this.#openStaging();
    await withFileLock(`${staging.path}/lock-${hash('sha256', path)}`, replace);
  }

  /** Opens a directory, and makes it level by level where it is not there, so that none is made behind a link. */
  async #makeDirectory(path: string): Promise<ConfinedDirectory> {
    try {
      return await openDirectory(path);
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || path === this.#realRoot) throw error;
    }
    using parent = await this.#makeDirectory(dirname(path));
    await mkdir(entryOf(parent, path)).catch(ignoreExisting);
    await this.#makeDurable(parent);
    return openDirectory(path);
  }

  /** Waits until the disk has the entries of a directory, where that was asked for. */
  async #makeDurable(directory: ConfinedDirectory): Promise<void> {
    if (this.config.durability === 'fsync') await syncDirectory(directory);
  }

  async *#list(key: string, request: ListRequest): AsyncIterable<readonly ListEntry[]> {
    const path = await this.#pathOf(key).catch(undefinedWhenMissing);
    if (path !== undefined) yield* this.#listDirectory(path, key, request);
  }

  /** In pages, each of which has entries of one directory. */
  async *#listDirectory(
    path: string,
    key: string,
    request: ListRequest,
    children = this.#readChildren(path, request.prefix),
  ): AsyncIterable<readonly ListEntry[]> {
    const { recursive, limit = entriesAtOnce, signal } = request;
    const size = Math.min(limit, entriesAtOnce);
    const all = await children;
    for (let start = 0; start < all.length; start += size) {
      const batch = all.slice(start, start + size);
      const found = await fileStats(path, batch);
      let entries: ListEntry[] = [];
      // Of the next directory, which is read while this one is listed.
      let ahead: Promise<Child[]> | undefined;
      for (const [index, { name, segment, isDirectory }] of batch.entries()) {
        signal?.throwIfAborted();
        const childKey = key === '' ? segment : `${key}/${segment}`;
        const stat = found[index];
        if (stat !== undefined) {
          entries.push({ type: 'file', path: childKey, size: Number(stat.size), modifiedAt: stat.mtime });
        } else if (!isDirectory) continue;
        else if (recursive) {
          if (entries.length > 0) yield entries;
          entries = [];
          const grandchildren = ahead ?? this.#readChildren(join(path, name));
          const next = batch.find((child, other) => other > index && child.isDirectory);
          ahead = next && this.#readChildren(join(path, next.name));
          ahead?.catch(() => {});
          yield* this.#listDirectory(join(path, name), childKey, { ...request, prefix: '' }, grandchildren);
        } else if (await this.#holdsObject(join(path, name))) entries.push({ type: 'directory', path: childKey });
      }
      if (entries.length > 0) yield entries;
    }
  }

  /** The files and directories in a directory, in the order of a listing. Links, pipes and devices are none. */
  async #readChildren(path: string, prefix = ''): Promise<Child[]> {
    const isFolding = this.#isFolding ?? false;
    return (await readDirectory(path))
      .filter((entry) => entry.name !== stagingFolder && (entry.isFile() || entry.isDirectory()))
      .map((entry) => {
        const [name, isDirectory] = [entry.name, entry.isDirectory()];
        const segment = segmentOf(name, isFolding);
        return { name, segment, isDirectory, order: Buffer.from(isDirectory ? `${segment}/` : segment) };
      })
      .filter(({ segment }) => segment.startsWith(prefix))
      .sort((a, b) => Buffer.compare(a.order, b.order));
  }

  async #holdsObject(path: string): Promise<boolean> {
    const children = await this.#readChildren(path);
    if (children.some(({ isDirectory }) => !isDirectory)) return true;
    for (const { name } of children) if (await this.#holdsObject(join(path, name))) return true;
    return false;
  }

  /** Directories exist while something is below them. */
  async #removeEmptyParents(key: string): Promise<void> {
    const root = await this.#openRoot().catch(undefinedWhenMissing);
    if (root === undefined) return;
    for (let path = dirname(await this.#pathOf(key)); path !== root; path = dirname(path)) {
      try {
        using parent = await openDirectory(dirname(path));
        await rmdir(entryOf(parent, path));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) return;
      }
    }
  }

  /** The file or folder of a key. Rejects with ENOENT while there is no root. */
  async #pathOf(key: string): Promise<string> {
    const root = await this.#openRoot();
    if (key === '') return root;
    return join(root, ...key.split('/').map((segment) => nameOf(segment, this.#isFolding ?? false)));
  }

  /** The real path of the root. Rejects with ENOENT while there is none. */
  async #openRoot(): Promise<string> {
    this.#realRoot ??= await realFolder(this.root === '' ? '/' : this.root);
    this.#isFolding ??= await this.findOutFolding(this.#realRoot);
    return this.#realRoot;
  }

  /** The folder for files that are not complete yet, made with the root where it is not there. */
  async #openStaging(): Promise<ConfinedDirectory> {
    if (this.#realRoot !== undefined) {
      try {
        return await openDirectory(join(this.#realRoot, stagingFolder));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
    const root = this.root === '' ? '/' : this.root;
    await mkdir(root, { recursive: true }).catch((error: unknown) => {
      throw hasCode(error, 'EEXIST', 'ENOTDIR') ? notAFolder(root) : error;
    });
    this.#realRoot ??= await realpath(root);
    const staging = join(this.#realRoot, stagingFolder);
    await mkdir(staging).catch(ignoreExisting);
    // Only now there is a name that can be looked for in other letters.
    this.#isFolding = await this.findOutFolding(this.#realRoot);
    return openDirectory(staging);
  }
}

const errorCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  ENXIO: 'NOT_FOUND',
  EISDIR: 'PATH_CONFLICT',
  ENAMETOOLONG: 'PATH_INVALID',
  EILSEQ: 'PATH_INVALID',
  ELOOP: 'PATH_OUTSIDE_STORE',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  EROFS: 'ACCESS_DENIED',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EFBIG: 'NO_SPACE',
  ETIMEDOUT: 'TIMEOUT',
  EBUSY: 'UNAVAILABLE',
  EIO: 'UNAVAILABLE',
  EMFILE: 'UNAVAILABLE',
  ENFILE: 'UNAVAILABLE',
  ESTALE: 'UNAVAILABLE',
};

interface Child {
  readonly name: string;
  readonly segment: string;
  readonly isDirectory: boolean;
}

/** The real path of a folder. Rejects with ENOENT where there is none. */
async function realFolder(path: string): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw hasCode(error, 'ENOTDIR') ? notAFolder(path) : error;
  });
  if (!(await stat(real)).isDirectory()) throw notAFolder(path);
  return real;
}

function notAFolder(path: string): StackError {
  return new StackError({ code: 'ROOT_NOT_FOUND', message: `${path} is not a folder` });
}

/** The entries of a directory; none where there is no directory. */
async function readDirectory(path: string): Promise<Dirent[]> {
  try {
    using directory = await openDirectory(path);
    return await readdir(directory.path, { withFileTypes: true });
  } catch (error) {
    return undefinedWhenMissing(error) ?? [];
  }
}

/** What is known of a file in the directory of its path; `undefined` where something else is, or nothing. */
function findFile(directory: ConfinedDirectory, path: string): BigIntStats | undefined {
  // The directory is open. What is not there is no error, which would take longer than the look.
  const found = lstatSync(entryOf(directory, path), { bigint: true, throwIfNoEntry: false });
  if (found?.isSymbolicLink()) throw linkRefused(path);
  return found?.isFile() ? found : undefined;
}

/** The same for some children of a directory at once, none of which is a link; for none when it was removed meanwhile. */
async function fileStats(path: string, children: readonly Child[]): Promise<readonly (BigIntStats | undefined)[]> {
  using directory = await openDirectory(path).catch(undefinedWhenMissing);
  if (directory === undefined) return [];
  return await Promise.all(
    children.map(async ({ name, isDirectory }) =>
      isDirectory ? undefined : findEntry(`${directory.path}/${name}`, { bigint: true }).catch(undefinedWhenMissing),
    ),
  );
}

/** Removes a directory in which there is no object, with those in it; whether there was none. */
async function removeEmptyDirectory(path: string): Promise<boolean> {
  for (const entry of await readDirectory(path)) {
    if (!entry.isDirectory() || !(await removeEmptyDirectory(join(path, entry.name)))) return false;
  }
  try {
    using parent = await openDirectory(dirname(path));
    await rmdir(entryOf(parent, path));
    return true;
  } catch (error) {
    return hasCode(error, 'ENOENT');
  }
}

function objectStat(stat: BigIntStats): ObjectStat {
  const etag = [stat.mtimeNs, stat.size, stat.ino].map((part) => part.toString(36)).join('-');
  return { size: Number(stat.size), modifiedAt: stat.mtime, etag };
}

function pathOfUrl(path: string): string {
  if (!path.startsWith('file://')) return path;
  try {
    return fileURLToPath(path);
  } catch (error) {
    throw new StackError({
      code: 'PATH_INVALID',
      message: `${path} is not the URL of a path on this machine.`,
      hint: 'Write file:///, and then the absolute path.',
      cause: error,
    });
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function undefinedWhenMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}
