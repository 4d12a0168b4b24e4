import { hash, randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
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
  type WriteRequest,
} from '@stack/core';
import { withFileLock } from '../file-lock/file-lock.ts';
import type { LocalArtifactStoreConfig } from './config.ts';
import { exclusively } from './exclusively.ts';
import { nameOf, segmentOf, stagingFolder } from './file-name.ts';

/** A writer makes its directory again when a removal beside it took it away. This often, at most. */
const maximumCommitAttempts = 1000;

/** Bytes that are read as a whole: it costs less than a stream. */
const smallRead = 128 * 1024;
/** Bytes that a stream reads at once. */
const readSize = 256 * 1024;

/** So many files are looked at at once in a listing. */
const listingBatch = 64;

/**
 * Keeps objects as files below a folder, which is made by the first write.
 *
 * - A write goes to a file in the folder `.stack-staging` of the root, and is then renamed or linked to its place, so
 *   that it is seen as a whole or not at all. What a killed process leaves there is never seen.
 * - Symbolic links below the root are refused; the root itself may be one. Each operation checks the real path of the
 *   directory that it works in. This does not hold against someone who swaps directories for links meanwhile.
 * - `ifAbsent` holds among all processes; `ifMatch` among the components of one process alone.
 */
export default class LocalArtifactStore extends ArtifactStore<LocalArtifactStoreConfig> {
  #realRoot: string | undefined;
  #hasStaging = false;

  override async probe(): Promise<ProbeResult> {
    try {
      const root = await this.#makeRoot();
      const staged = join(root, stagingFolder, randomUUID());
      const file = await this.#openStaged(staged);
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
      return { healthy: false, message: error instanceof Error ? error.message : String(error) };
    }
  }

  protected override resolveRoot(path: string): string {
    const root = resolve(this.baseDirectory, pathOfUrl(path));
    return root === '/' ? '' : root;
  }

  protected override normalizePath(path: string): string {
    return pathOfUrl(path);
  }

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    const file = await open(await this.#locate(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    let stream: Readable | undefined;
    try {
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) throw this.refusal('NOT_FOUND');
      const stat = objectStat(found);
      if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
      const length = Math.max(0, Math.min(end ?? stat.size, stat.size) - start);
      if (length > smallRead) {
        stream = file.createReadStream({ start, end: start + length - 1, highWaterMark: readSize });
        return { stat, body: stream };
      }
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(bytes, 0, length, start);
      return { stat, body: bytes.subarray(0, bytesRead) };
    } finally {
      if (stream === undefined) await file.close();
    }
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<ObjectStat> {
    const staged = join(await this.#makeRoot(), stagingFolder, randomUUID());
    try {
      const file = await this.#openStaged(staged);
      let stat: BigIntStats;
      try {
        await file.writeFile(source);
        // Before Linux 6.13, the times of files are too coarse to tell two writes apart.
        const now = (performance.timeOrigin + performance.now()) / 1000;
        await file.utimes(now, now);
        stat = await file.stat({ bigint: true });
        if (this.config.durability === 'fsync') await file.sync();
      } finally {
        await file.close();
      }
      request.signal?.throwIfAborted();
      await this.#commit(staged, key, request);
      return objectStat(stat);
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    }
  }

  protected override async doStat(key: string): Promise<ObjectStat | undefined> {
    const stat = await this.#fileStat(key);
    return stat === undefined ? undefined : objectStat(stat);
  }

  protected override async *doList(key: string, options: ListRequest): AsyncIterable<ListEntry> {
    let directory: string;
    try {
      directory = key === '' ? await this.#openRoot() : await this.#locate(key);
      if (key !== '' && (await lstat(directory)).isSymbolicLink()) throw linkRefused(directory);
    } catch (error) {
      return undefinedWhenMissing(error);
    }
    yield* this.#list(directory, key, options);
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const failures: RemovalFailure[] = [];
    for (const key of keys) {
      signal?.throwIfAborted();
      try {
        await this.#remove(key);
      } catch (error) {
        failures.push({ key, error });
      }
    }
    return failures;
  }

  protected override async doRename(from: string, to: string, options: CopyRequest): Promise<ObjectStat> {
    const source = await this.#locate(from);
    const stat = await this.doStat(from);
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    await this.#commit(source, to, options);
    await this.#removeEmptyParents(from);
    return stat;
  }

  protected override async *doCollectGarbage({ before, dryRun, signal }: GarbageRequest): AsyncIterable<Garbage> {
    const root = await this.#openRoot().catch(undefinedWhenMissing);
    if (root === undefined) return;
    const folder = join(root, stagingFolder);
    for (const name of (await readdir(folder).catch(undefinedWhenMissing)) ?? []) {
      signal?.throwIfAborted();
      const id = join(folder, name);
      const stat = await lstat(id).catch(undefinedWhenMissing);
      if (stat === undefined || stat.isDirectory() || stat.mtime >= before) continue;
      if (!dryRun) await unlink(id).catch(undefinedWhenMissing);
      yield { kind: 'staged-file', id, size: stat.size, modifiedAt: stat.mtime };
    }
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
    return errorCodes[error.code];
  }

  async #remove(key: string): Promise<void> {
    const file = await this.#locate(key).catch(undefinedWhenMissing);
    if (file === undefined) return;
    await exclusively(file, async () => {
      if ((await this.#fileStat(key)) !== undefined) await unlink(file).catch(undefinedWhenMissing);
    });
    await this.#removeEmptyParents(key);
  }

  /** Moves a complete file to the place of a key. */
  async #commit(complete: string, key: string, options: CopyRequest): Promise<void> {
    const target = join(await this.#makeRoot(), ...key.split('/').map(nameOf));
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#makeParent(target);
        await exclusively(target, () => this.#placeAlone(complete, target, options));
        return;
      } catch (error) {
        if (attempt === maximumCommitAttempts) throw error;
        if (hasCode(error, 'ENOENT')) {
          // The parent was empty when a removal beside this looked, or there is nothing to move any more.
          await lstat(complete);
        } else if (
          hasCode(error, 'EISDIR') ||
          (hasCode(error, 'EEXIST') && (await lstat(target).catch(undefinedWhenMissing))?.isDirectory())
        ) {
          if (!(await removeEmptyDirectories(target))) throw this.refusal('PATH_CONFLICT');
        } else if (hasCode(error, 'EEXIST')) {
          throw this.refusal('ALREADY_EXISTS');
        } else if (hasCode(error, 'ENOTDIR')) {
          throw this.refusal('PATH_CONFLICT');
        } else throw error;
      }
    }
  }

  /** No process beside this one is to replace the object between the look at its etag and the move. */
  async #placeAlone(complete: string, target: string, options: CopyRequest): Promise<void> {
    if (options.ifMatch === undefined) return this.#place(complete, target, options);
    const lock = join(await this.#makeRoot(), stagingFolder, `lock-${hash('sha256', target)}`);
    await withFileLock(lock, () => this.#place(complete, target, options));
  }

  async #place(complete: string, target: string, { ifAbsent, ifMatch }: CopyRequest): Promise<void> {
    const present = await lstat(target, { bigint: true }).catch(undefinedWhenMissing);
    if (present?.isSymbolicLink()) throw linkRefused(target);
    if (ifMatch !== undefined && (!present?.isFile() || objectStat(present).etag !== ifMatch)) {
      throw this.refusal('PRECONDITION_FAILED');
    }
    if (!ifAbsent) return rename(complete, target);
    await link(complete, target);
    await unlink(complete);
  }

  /** Makes the directory of a file, level by level, so that none is made behind a link. */
  async #makeParent(file: string): Promise<void> {
    const root = await this.#makeRoot();
    const parent = dirname(file);
    if ((await realpath(parent).catch(undefinedWhenMissing)) === parent) return;
    let directory = root;
    for (const name of relative(root, parent).split('/')) {
      directory = join(directory, name);
      await mkdir(directory).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
      if ((await lstat(directory)).isSymbolicLink()) throw linkRefused(directory);
    }
  }

  /** The file of a key, in a directory that is there and is no link. */
  async #locate(key: string): Promise<string> {
    const file = join(await this.#openRoot(), ...key.split('/').map(nameOf));
    await checkRealPath(dirname(file));
    return file;
  }

  async #fileStat(key: string): Promise<BigIntStats | undefined> {
    try {
      const file = await this.#locate(key);
      const stat = await lstat(file, { bigint: true });
      if (stat.isSymbolicLink()) throw linkRefused(file);
      return stat.isFile() ? stat : undefined;
    } catch (error) {
      return undefinedWhenMissing(error);
    }
  }

  async *#list(directory: string, key: string, options: ListRequest): AsyncIterable<ListEntry> {
    const children = await readChildren(directory);
    for (let start = 0; start < children.length; start += listingBatch) {
      const batch = children.slice(start, start + listingBatch);
      const stats = await Promise.all(
        batch.map(async ({ file, isDirectory }) =>
          isDirectory ? undefined : lstat(file, { bigint: true }).catch(undefinedWhenMissing),
        ),
      );
      for (const [index, { file, segment, isDirectory }] of batch.entries()) {
        options.signal?.throwIfAborted();
        const path = key === '' ? segment : `${key}/${segment}`;
        const stat = stats[index];
        if (stat !== undefined) {
          const { size, modifiedAt } = objectStat(stat);
          yield { type: 'file', path, size, modifiedAt };
        } else if (!isDirectory) continue;
        else if (options.recursive) yield* this.#list(file, path, options);
        else if (await holdsObject(file)) yield { type: 'directory', path };
      }
    }
  }

  /** Directories exist while something is below them. */
  async #removeEmptyParents(key: string): Promise<void> {
    const root = await this.#openRoot();
    for (
      let directory = dirname(join(root, ...key.split('/').map(nameOf)));
      directory !== root;
      directory = dirname(directory)
    ) {
      try {
        await rmdir(directory);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) continue;
        return;
      }
    }
  }

  async #openStaged(staged: string): Promise<FileHandle> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
    try {
      return await open(staged, flags);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      this.#hasStaging = false;
      await this.#makeRoot();
      return open(staged, flags);
    }
  }

  /** The real path of the root. Rejects with ENOENT while there is none. */
  async #openRoot(): Promise<string> {
    this.#realRoot ??= await realpath(this.root === '' ? '/' : this.root);
    return this.#realRoot;
  }

  async #makeRoot(): Promise<string> {
    if (this.#realRoot !== undefined && this.#hasStaging) return this.#realRoot;
    await mkdir(this.root === '' ? '/' : this.root, { recursive: true }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST') && !hasCode(error, 'ENOTDIR')) throw error;
      throw new StackError({ code: 'ROOT_NOT_FOUND', message: `${this.root} is not a folder` });
    });
    const root = await this.#openRoot();
    const staging = join(root, stagingFolder);
    await mkdir(staging).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    await checkRealPath(staging);
    this.#hasStaging = true;
    return root;
  }
}

const errorCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'NOT_FOUND',
  ENOTDIR: 'NOT_FOUND',
  EISDIR: 'PATH_CONFLICT',
  ENAMETOOLONG: 'PATH_INVALID',
  ELOOP: 'PATH_OUTSIDE_STORE',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  EROFS: 'ACCESS_DENIED',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  ETIMEDOUT: 'TIMEOUT',
  EBUSY: 'UNAVAILABLE',
  EIO: 'UNAVAILABLE',
  EMFILE: 'UNAVAILABLE',
  ENFILE: 'UNAVAILABLE',
  ESTALE: 'UNAVAILABLE',
};

interface Child {
  readonly file: string;
  readonly segment: string;
  readonly isDirectory: boolean;
}

/** The files and directories in a directory, in the order of a listing. Links, pipes and devices are none. */
async function readChildren(directory: string): Promise<Child[]> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(undefinedWhenMissing)) ?? [];
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .filter(({ name }) => name !== stagingFolder)
    .map((entry) => {
      const segment = segmentOf(entry.name);
      const isDirectory = entry.isDirectory();
      const child = { file: join(directory, entry.name), segment, isDirectory };
      return { child, order: Buffer.from(isDirectory ? `${segment}/` : segment) };
    })
    .sort((a, b) => Buffer.compare(a.order, b.order))
    .map(({ child }) => child);
}

async function holdsObject(directory: string): Promise<boolean> {
  const children = await readChildren(directory);
  if (children.some(({ isDirectory }) => !isDirectory)) return true;
  for (const { file } of children) if (await holdsObject(file)) return true;
  return false;
}

/** Removes a directory in which there is no object; whether there was none. */
async function removeEmptyDirectories(directory: string): Promise<boolean> {
  for (const { file, isDirectory } of await readChildren(directory)) {
    if (!isDirectory || !(await removeEmptyDirectories(file))) return false;
  }
  return rmdir(directory).then(
    () => true,
    (error: unknown) => hasCode(error, 'ENOENT'),
  );
}

function objectStat(stat: BigIntStats): ObjectStat {
  const etag = [stat.mtimeNs, stat.size, stat.ino].map((part) => part.toString(36)).join('-');
  return { size: Number(stat.size), modifiedAt: stat.mtime, etag };
}

/** Rejects unless no part of an existing path is a symbolic link. */
async function checkRealPath(path: string): Promise<void> {
  if ((await realpath(path)) !== path) throw linkRefused(path);
}

function linkRefused(path: string): StackError {
  return new StackError({
    code: 'PATH_OUTSIDE_STORE',
    message: `${path} leads through a symbolic link, and may lie outside of the store.`,
    hint: 'Put a folder or file in the place of the link.',
  });
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
