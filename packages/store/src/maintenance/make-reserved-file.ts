import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from '@stack/core/errors';

/**
 * Makes a file that was not there, whole or not at all: `make` gets the path of one beside it, which takes its place.
 *
 * @throws ALREADY_EXISTS, ARGUMENT_INVALID
 */
export async function makeReservedFile(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await reserve(file);
  const temporary = `${file}.${randomUUID()}`;
  try {
    await make(temporary);
    await using handle = await open(temporary, 'r');
    await handle.sync();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    await rm(file, { force: true });
    throw error;
  }
}

async function reserve(file: string): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    await handle.close();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `There is a file ${file} already; it was left as it is.`,
        hint: 'Give another path, or move that file away.',
      });
    }
    throw new StackError({
      code: code === 'ENOSPC' || code === 'EDQUOT' ? 'NO_SPACE' : 'ARGUMENT_INVALID',
      message: `The file ${file} cannot be made: ${(error as Error).message}.`,
      hint: `Check that ${dirname(file)} exists and that you may write in it, or give another path.`,
      cause: error,
    });
  }
}
