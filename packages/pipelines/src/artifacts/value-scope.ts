import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StackError, TemporaryFolder } from '@stack/core';

/**
 * What values need while they are in use: a temporary folder and open streams. Disposing removes both.
 */
export class ValueScope implements AsyncDisposable {
  readonly #streams = new Set<Readable>();
  #folder: TemporaryFolder | undefined;
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
    this.#folder ??= new TemporaryFolder('values');
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
    if (this.#folder !== undefined) await this.#folder[Symbol.asyncDispose]();
  }
}
