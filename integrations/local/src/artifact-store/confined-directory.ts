import { closeSync, constants, existsSync, openSync, readlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { StackError } from '@stack/core';

/** Where Linux shows each open file of this process under its number, as a link to where it is now. */
const descriptorFolder = '/proc/self/fd';
const hasDescriptorFolder = process.platform === 'linux' && existsSync(descriptorFolder);
// Not among Node's constants: the directory is not read by it, and need not be readable.
const O_PATH = 0o10000000;

/** A directory that was moved while it was opened is looked for again, so often at most. */
const maximumAttempts = 10;

/** Milliseconds for which a directory that nobody works in any more stays open, for the next one who does. */
const maximumAge = 1000;
/** So many of them stay open at most. */
const maximumIdle = 64;

/** A directory that no symbolic link led to. */
export interface ConfinedDirectory extends Disposable {
  /**
   * A path to it that leads to the same directory even when its own path has become a link meanwhile. On Linux; elsewhere
   * its own path.
   */
  readonly path: string;
}

interface OpenDirectory {
  readonly path: string;
  readonly descriptor: number;
  readonly openedAt: number;
}

/**
 * Open directories that nobody works in, by their paths, the one that was used last at the end. One who does takes it out of
 * here, so that nobody else can close it.
 */
const idle = new Map<string, OpenDirectory>();
let closing: NodeJS.Timeout | undefined;

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
  const known = takeIdle(path);
  if (known !== undefined) return lend(known);
  for (let attempt = 1; ; attempt++) {
    const descriptor = await openPath(path);
    const found = placeOf(descriptor);
    if (found === path || found === `${path} (deleted)`) {
      return lend({ path, descriptor, openedAt: performance.now() });
    }
    closeSync(descriptor);
    await checkRealPath(path);
    if (attempt === maximumAttempts) throw linkRefused(path);
  }
}

/** The path of the entry of an open directory that has the same name as a path. */
export function entryOf(directory: ConfinedDirectory, path: string): string {
  return `${directory.path}/${basename(path)}`;
}

/** Closes all directories that nobody works in, which else stay open for a moment. */
export function closeIdleDirectories(): void {
  for (const { descriptor } of idle.values()) closeSync(descriptor);
  idle.clear();
  clearTimeout(closing);
  closing = undefined;
}

/** The error for a path that has a symbolic link in it. */
export function linkRefused(path: string): StackError {
  return new StackError({
    code: 'PATH_OUTSIDE_STORE',
    message: `${path} leads through a symbolic link, and may lie outside of the store`,
    hint: 'Put a folder or file in the place of the link.',
  });
}

/** An open directory that is still at a path. */
function takeIdle(path: string): OpenDirectory | undefined {
  const directory = idle.get(path);
  if (directory === undefined) return undefined;
  idle.delete(path);
  if (placeOf(directory.descriptor) === path) return directory;
  closeSync(directory.descriptor);
  return undefined;
}

function lend(directory: OpenDirectory): ConfinedDirectory {
  return {
    path: `${descriptorFolder}/${directory.descriptor}`,
    [Symbol.dispose]: () => giveBack(directory),
  };
}

function giveBack(directory: OpenDirectory): void {
  const { path, descriptor, openedAt } = directory;
  // Two may have worked in it at once.
  if (performance.now() - openedAt > maximumAge || idle.has(path)) {
    closeSync(descriptor);
    return;
  }
  idle.set(path, directory);
  const [leastRecent] = idle.size > maximumIdle ? idle.values() : [];
  if (leastRecent !== undefined) {
    idle.delete(leastRecent.path);
    closeSync(leastRecent.descriptor);
  }
  closing ??= setTimeout(closeIdleDirectories, maximumAge).unref();
}

/** Where an open directory is now. This asks no disk: what is open is known to the kernel. */
function placeOf(descriptor: number): string {
  return readlinkSync(`${descriptorFolder}/${descriptor}`);
}

async function openPath(path: string): Promise<number> {
  try {
    // It reads nothing of the directory.
    return openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // It is a file or a link.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') await checkRealPath(path);
    throw error;
  }
}

async function checkRealPath(path: string): Promise<void> {
  if ((await realpath(path)) !== path) throw linkRefused(path);
}
