import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from '@stack/core/errors';

interface WriteOptions {
  /** Default `true`. */
  readonly replace?: boolean;
  /** Who may read a file that is new. Default: what the user's umask leaves. */
  readonly mode?: number;
  /** What to do about a file that is there. */
  readonly hint?: string;
}

/**
 * Checks that there is a folder for a file that the user named, before there is something to lose.
 *
 * @throws FILE_NOT_FOUND
 */
export async function checkFolderOfFile(path: string): Promise<void> {
  const folder = dirname(path);
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) throw folderNotFound(folder, path);
}

function folderNotFound(folder: string, path: string): StackError {
  return new StackError({
    code: 'FILE_NOT_FOUND',
    message: `There is no folder ${folder} to write ${path} to.`,
    hint: 'Make it, or choose another path.',
  });
}

/** Writes a file that the user named. @throws ALREADY_EXISTS without `replace`, FILE_NOT_FOUND, NO_SPACE, ACCESS_DENIED */
export async function writeNamedFile(
  path: string,
  content: string | Uint8Array,
  { replace = true, mode, hint = 'Replace it with --force, or choose another one.' }: WriteOptions = {},
): Promise<void> {
  try {
    await writeFile(path, content, { flag: replace ? 'w' : 'wx', mode });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `The file ${path} exists already.`,
        hint,
      });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') throw folderNotFound(dirname(path), path);
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new StackError({
      code: isFull ? 'NO_SPACE' : 'ACCESS_DENIED',
      message: `The file ${path} cannot be written: ${message}`,
      cause: error,
    });
  }
}
