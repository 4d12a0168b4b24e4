import { isUtf8 } from 'node:buffer';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { forEachAtOnce, onDisk, type Problem, StackError } from '@stack/core';

/** A file of a directory. */
export interface DirectoryFile {
  /** Relative to the directory, with `/` between its parts. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Whether its owner may execute it. Always `false` on Windows. */
  readonly executable: boolean;
}

/** What is below a directory. */
export interface DirectoryTree<File extends DirectoryFile = DirectoryFile> {
  /** In the order of the bytes of their paths. */
  readonly files: readonly File[];
  /** The paths of the folders that are empty, in this order, too. */
  readonly emptyFolders: readonly string[];
}

const filesAtOnce = 16;
/** The bit of a file's mode by which its owner may execute it. */
const ownerExecutes = 0o100;

/**
 * Looks at everything below a folder.
 *
 * @throws VALUE_NOT_SERIALIZABLE for symbolic links, for whatever else is neither file nor folder, and for names that are not
 *   in UTF-8: all of them at once
 * @throws FILE_NOT_FOUND when there is no such folder
 */
export async function scanDirectory(folder: string): Promise<DirectoryTree> {
  const files: DirectoryFile[] = [];
  const emptyFolders: string[] = [];
  const problems: Problem[] = [];
  if (!(await onDisk('read', folder, () => stat(folder))).isDirectory()) {
    throw new StackError({ code: 'FILE_NOT_FOUND', message: `${folder} is no folder.` });
  }
  const queue = [''];
  for (const parent of queue) {
    const path = join(folder, parent);
    const entries = await onDisk('read', path, () => readdir(path, { withFileTypes: true, encoding: 'buffer' }));
    if (entries.length === 0 && parent !== '') emptyFolders.push(parent);
    await forEachAtOnce(entries, filesAtOnce, async (entry) => {
      const name = entry.name.toString();
      const below = parent === '' ? name : `${parent}/${name}`;
      if (!isUtf8(entry.name)) problems.push({ path: below, message: 'is not a name in UTF-8' });
      else if (entry.isDirectory()) queue.push(below);
      else if (entry.isSymbolicLink()) problems.push({ path: below, message: 'is a symbolic link' });
      else if (!entry.isFile()) problems.push({ path: below, message: 'is neither a file nor a folder' });
      else {
        const file = join(folder, below);
        const { size, mode } = await onDisk('read', file, () => lstat(file));
        files.push({ path: below, size, executable: process.platform !== 'win32' && (mode & ownerExecutes) !== 0 });
      }
    });
  }
  if (problems.length > 0) throw scanError(folder, problems);
  return {
    files: files.sort((a, b) => compareBytes(a.path, b.path)),
    emptyFolders: emptyFolders.sort(compareBytes),
  };
}

function scanError(folder: string, problems: readonly Problem[]): StackError {
  const lines = problems.map(({ path, message }) => `  ${JSON.stringify(path)} ${message}`);
  return new StackError({
    code: 'VALUE_NOT_SERIALIZABLE',
    message: `The folder ${folder} holds what cannot be stored:\n${lines.join('\n')}`,
    hint: 'Leave these out, or put copies of what links lead to in their places: cp(from, to, { recursive: true, dereference: true }).',
    problems,
  });
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
