import { closeSync, constants, existsSync, open as openFile, readlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StackError } from '@stack/core';

/** Where Linux shows each open file of this process under its number, as a link to where it is now. */
const descriptorFolder = '/proc/self/fd';
const hasDescriptorFolder = process.platform === 'linux' && existsSync(descriptorFolder);
// Not among Node's constants: the directory is not read by it, and need not be readable.
const O_PATH = 0o10000000;

const openDescriptor = promisify(openFile);

/** A directory that was moved while it was opened is looked for again, so often at most. */
const maximumAttempts = 10;

/** A directory that no symbolic link led to. */
export interface ConfinedDirectory extends Disposable {
  /**
   * A path to it that leads to the same directory even when its own path has become a link meanwhile. On Linux; elsewhere
   * its own path.
   */
  readonly path: string;
}

/**
 * Opens a directory, and makes sure that its path has no symbolic link in it. On Linux this holds for as long as it is
 * open, since its entries are reached by its descriptor. Elsewhere it held when it was opened.
 *
 * @param path absolute, and the real path of the directory if it is to be opened
 * @throws PATH_OUTSIDE_STORE for a path with a link in it
 */
export async function openDirectory(path: string): Promise<ConfinedDirectory> {
  if (!hasDescriptorFolder) {
    await checkRealPath(path);
    return { path, [Symbol.dispose]() {} };
  }
  for (let attempt = 1; ; attempt++) {
    const descriptor = await openPath(path);
    const ownPath = `${descriptorFolder}/${descriptor}`;
    // Both ask no disk: what is open is known to the kernel.
    const found = readlinkSync(ownPath);
    if (found === path || found === `${path} (deleted)`) {
      return { path: ownPath, [Symbol.dispose]: () => closeSync(descriptor) };
    }
    closeSync(descriptor);
    await checkRealPath(path);
    if (attempt === maximumAttempts) throw linkRefused(path);
  }
}

/** The error for a path that has a symbolic link in it. */
export function linkRefused(path: string): StackError {
  return new StackError({
    code: 'PATH_OUTSIDE_STORE',
    message: `${path} leads through a symbolic link, and may lie outside of the store`,
    hint: 'Put a folder or file in the place of the link.',
  });
}

async function openPath(path: string): Promise<number> {
  try {
    return await openDescriptor(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // It is a file or a link.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') await checkRealPath(path);
    throw error;
  }
}

async function checkRealPath(path: string): Promise<void> {
  if ((await realpath(path)) !== path) throw linkRefused(path);
}
