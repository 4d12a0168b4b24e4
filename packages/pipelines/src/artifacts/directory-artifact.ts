import { chmod, copyFile, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type ArtifactStore,
  didYouMean,
  forEachAtOnce,
  namingProblems,
  type OperationOptions,
  onDisk,
  StackError,
} from '@stack/core';
import { type PlacedFile, readManifest, type StoredDirectory } from './directory-manifest.ts';
import { type DirectoryFile, type DirectoryTree, scanDirectory } from './directory-scan.ts';
import { downloadObject, openFile, openObject, placeNew } from './local-copy.ts';
import type { ValueScope } from './value-scope.ts';

/** Where the files of a directory are. Shared by all copies of this package. */
export const directorySource: unique symbol = Symbol.for('@stack/directory-source') as never;

export type DirectorySource =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'stored'; readonly store: ArtifactStore; readonly directory: StoredDirectory };

/**
 * A directory as the output of a step, and as the input of another: all files below it with their paths, whatever the
 * script of their names, whether they can be executed, and empty folders. Times, owners and other permissions are not kept.
 */
export interface DirectoryArtifact {
  readonly [directorySource]: DirectorySource;
  /**
   * The path of the directory on this machine. One that was stored is downloaded by the first call, and checked: to a place
   * of its own, its files read-only, and removed when the step has ended.
   *
   * @throws INTEGRITY when the bytes are not those that were written
   * @throws NOT_FOUND when they are gone
   * @throws PATH_INVALID for files that this disk cannot hold side by side
   */
  path(): Promise<string>;
  /** Makes a copy at a path where nothing is, as a whole. @throws ALREADY_EXISTS, and what `path` throws */
  copyTo(path: string): Promise<void>;
  /** All files, in the order of the bytes of their paths. None is downloaded. */
  list(): Promise<readonly DirectoryFile[]>;
  /** A stream of one file. No other is downloaded. @throws FILE_NOT_FOUND */
  openRead(file: string): Promise<Readable>;
}

/** How many files are copied at once. */
const filesAtOnce = 16;

/**
 * A folder of this machine as the output of a step. It is read when the step returns it, and has to stay as it is until the
 * step has ended: `context.temporaryFolder` is a place for it. Symbolic links in it are refused.
 */
export function directoryArtifact(path: string): DirectoryArtifact {
  const absolute = resolve(path);
  const readTree = () => scanDirectory(absolute);
  return Object.freeze({
    [directorySource]: { kind: 'local', path: absolute } as const,
    path: async () => absolute,
    copyTo: (target: string) =>
      placeNew(target, async (partial) =>
        writeTree(partial, await readTree(), (file, copy) => copyFile(join(absolute, file.path), copy)),
      ),
    list: async () => (await readTree()).files,
    openRead: async (file: string) => openFile(join(absolute, findFile(await readTree(), file).path)),
  });
}

/** Whether a value is a directory, of any copy of this package. */
export function isDirectoryArtifact(value: unknown): value is DirectoryArtifact {
  return typeof value === 'object' && value !== null && directorySource in value;
}

/** A directory that is stored. What it leaves on this machine is gone with the scope. */
export function storedDirectory(
  store: ArtifactStore,
  directory: StoredDirectory,
  scope: ValueScope,
  options: OperationOptions,
): DirectoryArtifact {
  let path: Promise<string> | undefined;
  let tree: Promise<DirectoryTree<PlacedFile>> | undefined;
  const readTree = () => {
    tree ??= readManifest(store, directory, options);
    return tree;
  };
  const download = async (target: string) =>
    writeTree(target, await readTree(), (file, copy) => downloadObject(store, file.object, copy, options));
  const downloadReadOnly = async () => {
    const copy = join(scope.makePlace(), 'directory');
    await download(copy);
    await forEachAtOnce((await readTree()).files, filesAtOnce, (file) =>
      chmod(join(copy, file.path), file.executable ? 0o555 : 0o444),
    );
    return copy;
  };
  return Object.freeze({
    [directorySource]: { kind: 'stored', store, directory } as const,
    path: () => {
      path ??= downloadReadOnly();
      return path;
    },
    copyTo: (target: string) => placeNew(target, download),
    list: async () =>
      (await readTree()).files.map((file) => ({ path: file.path, size: file.size, executable: file.executable })),
    openRead: async (file: string) => {
      const { object } = findFile(await readTree(), file);
      return scope.own(openObject(store, object, options));
    },
  });
}

function findFile<File extends DirectoryFile>({ files }: DirectoryTree<File>, path: string): File {
  const found = files.find((file) => file.path === path);
  if (found !== undefined) return found;
  throw new StackError({
    code: 'FILE_NOT_FOUND',
    message: `The directory has no file ${JSON.stringify(path)}.`,
    hint: didYouMean(
      path,
      files.map((file) => file.path),
    ),
  });
}

/** Makes a directory at a path where nothing is. */
async function writeTree<File extends DirectoryFile>(
  target: string,
  { files, emptyFolders }: DirectoryTree<File>,
  writeFile: (file: File, path: string) => Promise<void>,
): Promise<void> {
  await onDisk('made', target, () => mkdir(target));
  const problems = await namingProblems(target, [...files.map(({ path }) => path), ...emptyFolders]);
  if (problems.length > 0) {
    const lines = problems.map(({ path, message }) => `  ${JSON.stringify(path)} ${message}`);
    throw new StackError({
      code: 'PATH_INVALID',
      message: `This disk cannot hold every file of the directory:\n${lines.join('\n')}`,
      problems,
    });
  }
  const folders = new Set([...files.map(({ path }) => dirname(path)), ...emptyFolders]);
  for (const folder of folders) {
    await onDisk('made', join(target, folder), () => mkdir(join(target, folder), { recursive: true }));
  }
  await forEachAtOnce(files, filesAtOnce, async (file) => {
    const path = join(target, file.path);
    await onDisk('written', path, () => writeFile(file, path));
    if (file.executable) await makeExecutable(path);
  });
}

/** For all who may read it. */
async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, mode | ((mode & 0o444) >> 2));
}
