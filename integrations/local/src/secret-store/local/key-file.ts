import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { StackError } from '@stack/core';
import { withFileLock } from '../../file-lock/file-lock.ts';
import { errorCode } from './error-code.ts';
import { KeyRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { formatKeyText, type KeyText, newKeyText, parseKeyText } from './key-text.ts';
import { SecretKey } from './secret-key.ts';
import { shellWord } from './shell-word.ts';

export interface KeyFileOptions {
  readonly file: string;
  /** What the secret store is called in messages. */
  readonly store: string;
  /** The root of the project, whose folders are committed, copied and shared: no place for a key. */
  readonly project: string;
  /** What to do when the file is in there. */
  readonly remedy: string;
  /** What the file says of itself. */
  readonly comments: readonly string[];
  /** Whether its keys are those of one person. */
  readonly isPersonal: boolean;
  /** Whether others may use it too, so that no key in it is known to be needed no more. */
  readonly isShared: boolean;
}

const leftoverEnding = '.new';

/** The folder of the user in which keys are kept unless another place is named. */
export function keyFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CONFIG_HOME: configHome = '', APPDATA: appData = '' } = environment;
  // A relative one is to be ignored, as its specification says.
  if (isAbsolute(configHome)) return join(configHome, 'stack', 'keys');
  if (process.platform === 'win32' && isAbsolute(appData)) return join(appData, 'stack', 'keys');
  return join(homeFolder(), '.config', 'stack', 'keys');
}

/** A user of a container need not have one. */
function homeFolder(): string {
  try {
    return resolve('/', homedir());
  } catch {
    return '/';
  }
}

/** Keys in a file that its user alone can read. */
export class KeyFile implements KeySource {
  readonly #options: KeyFileOptions;

  constructor(options: KeyFileOptions) {
    this.#options = options;
  }

  async read(): Promise<KeyRing> {
    const { file, store } = this.#options;
    const ring = { store, source: `the key file ${file}`, keys: [] };
    try {
      return new KeyRing({ ...ring, ...(await this.#readKeys()) });
    } catch (error) {
      if (!StackError.is(error, 'SECRET_KEY_INVALID')) throw error;
      return new KeyRing({ ...ring, failure: error });
    }
  }

  async makeKey(): Promise<void> {
    await this.#change((current) => current ?? newKeyText());
  }

  async addKey(): Promise<void> {
    await this.#change((current) =>
      current === undefined ? newKeyText() : { ...current, keys: [SecretKey.generate(), ...current.keys] },
    );
  }

  async dropKeys(ids: readonly string[]): Promise<void> {
    if (this.#options.isShared || ids.length === 0) return;
    await this.#change((current) => {
      const keys = current?.keys.filter(({ id }) => !ids.includes(id)) ?? [];
      // Somebody who puts another file in its place meanwhile keeps the keys of that.
      return current === undefined || keys.length === 0 ? current : { ...current, keys };
    });
  }

  /** `undefined` when there is no file. @throws SECRET_KEY_INVALID */
  async #readKeys(): Promise<KeyText | undefined> {
    const { file } = this.#options;
    let text: string;
    try {
      await using handle = await open(file, 'r');
      await this.#checkPlace();
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw this.#invalid('can be read by others than its user', `chmod 600 ${shellWord(file)}`);
      }
      text = await handle.readFile('utf8');
    } catch (error) {
      if (StackError.is(error)) throw error;
      if (this.#isAbsent(error)) return undefined;
      throw this.#invalid(`cannot be read: ${messageOf(error)}`, 'It has to be a file of whoever runs this.', error);
    }
    const parsed = parseKeyText(text);
    if (typeof parsed !== 'string') return parsed;
    throw this.#invalid(`holds ${parsed}`, 'Put the right key into it. A new one is made by: openssl rand -base64 32');
  }

  #isAbsent(error: unknown): boolean {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return true;
    // What somebody has in another one's home is not personal; the secrets of the project are there all the same.
    return this.#options.isPersonal && (code === 'EACCES' || code === 'EPERM');
  }

  /** Replaces the file, whole or not at all, while no other process does. `change` gives the same for no change. */
  async #change(change: (current: KeyText | undefined) => KeyText | undefined): Promise<void> {
    const { file } = this.#options;
    try {
      await this.#checkPlace();
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      for (let isDone = false; !isDone; ) {
        isDone = await withFileLock(`${file}.lock`, async (isHeld) => {
          await this.#removeLeftovers();
          const current = await this.#readKeys();
          const changed = change(current);
          return changed === current || changed === undefined || (await this.#write(changed, current, isHeld));
        });
      }
    } catch (error) {
      throw StackError.is(error) ? error : this.#cannotWrite(error);
    }
  }

  /** @returns whether nobody was faster */
  async #write(changed: KeyText, current: KeyText | undefined, isHeld: () => Promise<boolean>): Promise<boolean> {
    const { file, comments, isPersonal } = this.#options;
    const written = `${file}.${randomUUID()}${leftoverEnding}`;
    try {
      await writeDurably(written, formatKeyText(changed.keys, isPersonal ? changed.owner : undefined, comments));
      if (!(await isHeld())) return false;
      // Whatever became of the lock: a first key never takes the place of another.
      if (current === undefined) await link(written, file);
      else await rename(written, file);
      await syncFolder(dirname(file));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') return false;
      throw error;
    } finally {
      await rm(written, { force: true });
    }
  }

  /** What a process left that was killed while it wrote: it has keys in it. */
  async #removeLeftovers(): Promise<void> {
    const { file } = this.#options;
    for (const name of await readdir(dirname(file))) {
      const isLeftover = name.startsWith(`${basename(file)}.`) && name.endsWith(leftoverEnding);
      if (isLeftover) await rm(join(dirname(file), name), { force: true });
    }
  }

  async #checkPlace(): Promise<void> {
    const { file, project, remedy } = this.#options;
    const way = relative(await realPlace(project), await realPlace(file));
    const isOutside = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
    if (isOutside) return;
    throw this.#invalid(`is inside the project ${project}, and would be committed and copied with it`, remedy);
  }

  #invalid(fault: string, hint: string, cause?: unknown): StackError {
    const { file, store } = this.#options;
    const message = `The file ${file}, with the key of the ${store}, ${fault}.`;
    return new StackError({ code: 'SECRET_KEY_INVALID', message, hint, cause });
  }

  #cannotWrite(error: unknown): StackError {
    const { file, store } = this.#options;
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
    return new StackError({
      code: isFull ? 'NO_SPACE' : 'ACCESS_DENIED',
      message: `The file ${file}, with the key of the ${store}, cannot be written: ${messageOf(error)}.`,
      hint: isFull
        ? 'Free some space on its disk.'
        : 'Set XDG_CONFIG_HOME to a folder that can be written, or give a key: STACK_SECRETS_KEY="$(openssl rand -base64 32)"',
      cause: error,
    });
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

/** So that a file that was put into a folder is there after a power cut. */
async function syncFolder(folder: string): Promise<void> {
  // A folder cannot be opened there.
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** Where a path leads, through all links, also when nothing is there yet. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || path === dirname(path)) throw error;
    return join(await realPlace(dirname(path)), basename(path));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
