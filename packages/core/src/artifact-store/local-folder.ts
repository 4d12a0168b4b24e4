import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  createWriteStream,
  type Dirent,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ErrorCode, type Problem, StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import { keyProblem } from './artifact-key.ts';
import type { ArtifactStore, DirectoryOptions } from './artifact-store.ts';
import { forEachAtOnce } from './for-each-at-once.ts';
import { uploadConflicts } from './upload-conflicts.ts';

/**
 * Files up to this size are read and written as a whole, and at once: the system does it in its memory, and having other
 * threads ask for it takes twice as much of the processor.
 */
const smallFile = 256 * 1024;
const defaultConcurrency = 16;
/** A link that has taken the place of a file since it was looked at is not followed. */
const withoutLinks = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Writes one object of several; `isPlaceFree` as in a `WriteRequest`. */
export type WriteFile = (
  key: string,
  source: Buffer | (() => AsyncIterable<Buffer>),
  isPlaceFree: boolean,
) => Promise<unknown>;

/** Writes every file below a folder to the directory of a key. */
export async function uploadFolder(
  store: ArtifactStore,
  folder: string,
  key: string,
  { concurrency = defaultConcurrency, signal }: DirectoryOptions,
  write: WriteFile,
): Promise<void> {
  const { files, problems } = await findFiles(folder, key);
  if (problems.length > 0) {
    const code = problems.every((problem) => problem.code === 'PATH_INVALID') ? 'PATH_INVALID' : 'ARGUMENT_INVALID';
    throw problemsError(code, `The folder ${folder} cannot be uploaded`, problems);
  }
  const keys = files.map((file) => below(key, file));
  const conflicts = await uploadConflicts(store, key, keys, { signal });
  if (conflicts !== undefined && conflicts.length > 0) {
    throw problemsError('PATH_CONFLICT', `The folder ${folder} cannot be uploaded to the ${store}`, conflicts);
  }
  await forEachAtOnce(files, concurrency, async (file) => {
    const path = join(folder, ...file.split('/'));
    try {
      const source = readSmallFile(path) ?? (() => readLargeFile(path));
      await write(below(key, file), source, conflicts !== undefined);
    } catch (error) {
      throw diskFailure('read', path, error);
    }
  });
}

/** Writes every object below the directory of a key into a folder. */
export async function downloadFolder(
  store: ArtifactStore,
  key: string,
  folder: string,
  { concurrency = defaultConcurrency, signal }: DirectoryOptions,
): Promise<void> {
  const objects: { readonly path: string; readonly file: string; readonly size: number }[] = [];
  for await (const { path, size } of store.walk(key, { signal })) {
    objects.push({ path, file: key === '' ? path : path.slice(key.length + 1), size });
  }
  await onDisk('made', folder, () => mkdir(folder, { recursive: true }));
  const problems = await namingProblems(
    folder,
    objects.map(({ file }) => file),
  );
  if (problems.length > 0)
    throw problemsError('PATH_INVALID', `The folder ${folder} cannot hold every object`, problems);
  const folders = new Set(objects.map(({ file }) => dirname(join(folder, ...file.split('/')))));
  for (const each of folders) await onDisk('made', each, () => mkdir(each, { recursive: true }));
  await forEachAtOnce(objects, concurrency, async ({ path, file, size }) => {
    const target = join(folder, ...file.split('/'));
    const partial = join(dirname(target), `.stack-download-${randomUUID()}`);
    try {
      if (size <= smallFile) {
        writeFileSync(partial, await store.read(path, { signal }));
        renameSync(partial, target);
      } else {
        await pipeline(await store.openRead(path, { signal }), createWriteStream(partial));
        await rename(partial, target);
      }
    } catch (error) {
      await rm(partial, { force: true });
      throw diskFailure('written', target, error);
    }
  });
}

function readSmallFile(path: string): Buffer | undefined {
  const descriptor = openSync(path, withoutLinks);
  try {
    const { size } = fstatSync(descriptor);
    if (size > smallFile) return undefined;
    // One byte more, which shows that the file has more than it said, and tells its end else.
    const bytes = Buffer.allocUnsafe(size + 1);
    let filled = 0;
    for (let more = true; more; ) {
      const bytesRead = readSync(descriptor, bytes, filled, bytes.byteLength - filled, filled);
      filled += bytesRead;
      more = bytesRead > 0 && filled < size;
    }
    return filled > size ? undefined : bytes.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

async function* readLargeFile(path: string): AsyncGenerator<Buffer> {
  await using file = await open(path, withoutLinks);
  yield* file.createReadStream({ autoClose: false, highWaterMark: smallFile });
}

/** The files below a folder, as keys relative to it, and what keeps it from being uploaded. */
async function findFiles(folder: string, key: string): Promise<{ files: string[]; problems: Problem[] }> {
  const files: string[] = [];
  const problems: Problem[] = [];
  const queue = [''];
  for (const parent of queue) {
    const path = join(folder, ...parent.split('/'));
    const entries: Dirent<Buffer>[] = await onDisk('read', path, () =>
      readdir(path, { withFileTypes: true, encoding: 'buffer' }),
    );
    for (const entry of entries) {
      const file = below(parent, entry.name.toString());
      if (entry.isDirectory()) queue.push(file);
      else if (!entry.isFile()) problems.push({ path: file, message: 'is neither a regular file nor a folder' });
      else {
        const problem = isUtf8(entry.name) ? keyProblem(below(key, file)) : 'is not a name in UTF-8';
        if (problem === undefined) files.push(file);
        else problems.push({ path: file, message: problem, code: 'PATH_INVALID' });
      }
    }
  }
  return { files, problems };
}

/** What keeps files of these paths from lying side by side in a folder of this machine, which exists. */
export async function namingProblems(folder: string, files: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  const foldsNames = await foldsCase(folder);
  for (const file of files) {
    if (sep === '\\' && file.split('/').some((name) => refusedByWindows.test(name))) {
      problems.push({ path: file, message: 'is no name that Windows takes' });
    }
    if (!foldsNames) continue;
    const folded = file.normalize('NFC').toUpperCase().toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) problems.push({ path: file, message: `is the same file as "${other}" on this disk` });
    seen.set(folded, file);
  }
  return problems;
}

const refusedByWindows = /[<>:"|?*\\\p{Cc}]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

async function foldsCase(folder: string): Promise<boolean> {
  const name = `.stack-download-${randomUUID()}-case`;
  const file = join(folder, name);
  await onDisk('written', file, () => writeFile(file, ''));
  try {
    return await lstat(join(folder, name.toUpperCase())).then(
      () => true,
      () => false,
    );
  } finally {
    await rm(file, { force: true });
  }
}

function below(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

function problemsError(code: ErrorCode, what: string, problems: readonly Problem[]): StackError {
  const lines = problems.map(({ path, message }) => `  ${JSON.stringify(path)} ${message}`);
  return new StackError({ code, message: `${what}:\n${lines.join('\n')}`, problems });
}

/** Does something with files of this machine. What the disk refuses has the code of a `StackError`. */
export async function onDisk<Result>(what: string, path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw diskFailure(what, path, error);
  }
}

/** The error for what the disk of this machine refused; others as they are. */
function diskFailure(what: string, path: string, error: unknown): unknown {
  if (StackError.is(error) || !isError(error) || !('code' in error)) return error;
  const code = diskCodes[String(error.code)];
  if (code === undefined) return error;
  return new StackError({ code, message: `${path} could not be ${what}: ${error.message}`, cause: error });
}

const diskCodes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'FILE_NOT_FOUND',
  ENOTDIR: 'PATH_CONFLICT',
  EISDIR: 'PATH_CONFLICT',
  EEXIST: 'PATH_CONFLICT',
  ENOTEMPTY: 'PATH_CONFLICT',
  ELOOP: 'ARGUMENT_INVALID',
  ENAMETOOLONG: 'PATH_INVALID',
  EACCES: 'ACCESS_DENIED',
  EPERM: 'ACCESS_DENIED',
  EROFS: 'ACCESS_DENIED',
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EFBIG: 'NO_SPACE',
};
