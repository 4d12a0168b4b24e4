import { createHash } from 'node:crypto';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StackError } from '@stack/core';
import type { Parts } from './parts.ts';

/** Bytes that were put down on this disk, to be sent as a whole. */
export class SpooledFile implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: FileHandle;
  #size = 0;
  #md5 = '';

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  /**
   * Nobody else on this machine can read it.
   *
   * @throws CAPABILITY_UNSUPPORTED when there are too many bytes
   */
  static async write(parts: Parts, maximumSize: number): Promise<SpooledFile> {
    const folder = await mkdtemp(join(tmpdir(), 'stack-s3-'));
    const file = new SpooledFile(folder, await open(join(folder, 'object'), 'wx+', 0o600));
    try {
      await file.#fill(parts, maximumSize);
      return file;
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** In Base64. */
  get md5(): string {
    return this.#md5;
  }

  read(): Readable {
    return this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #fill(parts: Parts, maximumSize: number): Promise<void> {
    const md5 = createHash('md5');
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      this.#size += part.byteLength;
      if (this.#size > maximumSize) throw tooLarge(maximumSize);
      await this.#file.writeFile(part);
      md5.update(part);
      parts.release(part);
    }
    this.#md5 = md5.digest('base64');
  }
}

function tooLarge(maximumSize: number): StackError {
  return new StackError({
    code: 'CAPABILITY_UNSUPPORTED',
    message: `the server honours conditions in single requests alone, of up to ${maximumSize} bytes`,
    hint: 'Write it without a condition.',
  });
}
