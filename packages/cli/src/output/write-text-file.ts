import { writeFile } from 'node:fs/promises';
import { StackError } from '@stack/core/errors';

/** Writes a file that the user named. @throws ALREADY_EXISTS without `replace`, NO_SPACE, ACCESS_DENIED */
export async function writeTextFile(path: string, text: string, { replace = true } = {}): Promise<void> {
  try {
    await writeFile(path, text, { flag: replace ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `The file ${path} exists already.`,
        hint: 'Replace it with --force, or choose another one.',
      });
    }
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new StackError({
      code: isFull ? 'NO_SPACE' : 'ACCESS_DENIED',
      message: `The file ${path} cannot be written: ${message}`,
      cause: error,
    });
  }
}
