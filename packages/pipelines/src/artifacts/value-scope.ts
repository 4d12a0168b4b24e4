import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StackError } from '@stack/core';
import { atExit } from '../programs/at-exit.ts';

/**
 * What values need while they are in use: a temporary folder and open streams. Disposing removes both; the end of the process
 * removes the folder too, unless it is killed.
 */
export class ValueScope implements AsyncDisposable {
  readonly #streams = new Set<Readable>();
  #folder: { readonly path: string; readonly removal: Disposable } | undefined;
  #temporaryFolder: string | undefined;
  #places = 0;
  #isOver = false;

  /** A folder for whoever makes values. It is made when it is first asked for. */
  get temporaryFolder(): string {
    this.#temporaryFolder ??= this.makePlace();
    return this.#temporaryFolder;
  }

  /** Makes an empty folder. @throws ARGUMENT_INVALID once the scope is over */
  makePlace(): string {
    if (this.#isOver) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: 'The step has ended, and its temporary folder is gone.',
        hint: 'Use files and folders while the step runs that was given them; copyTo() makes a copy that stays.',
      });
    }
    this.#folder ??= makeFolder();
    const place = join(this.#folder.path, String(this.#places++));
    mkdirSync(place);
    return place;
  }

  /** Destroys a stream at the end, if it is open then. */
  own<Stream extends Readable>(stream: Stream): Stream {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    return stream;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const stream of this.#streams) stream.destroy();
    if (this.#folder === undefined) return;
    await rm(this.#folder.path, { recursive: true, force: true });
    this.#folder.removal[Symbol.dispose]();
  }
}

function makeFolder(): { readonly path: string; readonly removal: Disposable } {
  const path = mkdtempSync(join(tmpdir(), 'stack-values-'));
  return { path, removal: atExit(() => rmSync(path, { recursive: true, force: true })) };
}
