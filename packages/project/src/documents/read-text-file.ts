import { createReadStream } from 'node:fs';
import { StackError } from '@stack/core';

/** In bytes: more than any document or option has, and little enough to hold in memory. */
const maximumSize = 4 * 1024 * 1024;

/**
 * Reads a file, or what another program writes to it, as UTF-8.
 *
 * @throws FILE_NOT_FOUND
 * @throws ACCESS_DENIED when this user may not read it
 * @throws ARGUMENT_INVALID for a folder, for more than 4 MiB and for bytes that are no UTF-8
 */
export async function readTextFile(file: string): Promise<string> {
  const bytes = await readBytes(file);
  if (bytes.length > maximumSize) throw unreadable(file, 'it has more than 4 MiB');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(file, 'it is not text in UTF-8', error);
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    // Not to its end: `/dev/zero` has none.
    return Buffer.concat(await createReadStream(file, { end: maximumSize }).toArray());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new StackError({
        code: 'FILE_NOT_FOUND',
        message: `There is no file ${file}.`,
        hint: 'Check the path: it is relative to the working directory.',
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new StackError({
        code: 'ACCESS_DENIED',
        message: `The file ${file} cannot be read: ${message}`,
        hint: `See who may read it: ls -l ${file}`,
        cause: error,
      });
    }
    throw unreadable(file, code === 'EISDIR' ? 'it is a folder' : message, error);
  }
}

function unreadable(file: string, reason: string, cause?: unknown): StackError {
  return new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The file ${file} cannot be used: ${reason}.`,
    hint: 'Give the path of a text file.',
    cause,
  });
}
