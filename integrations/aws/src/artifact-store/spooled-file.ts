import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StackError } from '@stack/core';
import type { Parts } from './parts.ts';

/** Bytes that were put down on this disk, to be sent as a whole. */
export class SpooledFile implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: string;
  readonly size: number;
  /** In Base64. */
  readonly md5: string;

  private constructor(folder: string, file: string, size: number, md5: string) {
    this.#folder = folder;
    this.#file = file;
    this.size = size;
    this.md5 = md5;
  }

  /**
   * Nobody else on this machine can read it.
   *
   * @throws CAPABILITY_UNSUPPORTED when there are too many bytes
   */
  static async write(parts: Parts, maximumSize: number): Promise<SpooledFile> {
    const folder = await mkdtemp(join(tmpdir(), 'stack-s3-'));
    try {
      const path = join(folder, 'object');
      await using file = await open(path, 'wx', 0o600);
      const md5 = createHash('md5');
      let size = 0;
      for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
        size += part.byteLength;
        if (size > maximumSize) throw tooLarge(maximumSize);
        await file.writeFile(part);
        md5.update(part);
      }
      return new SpooledFile(folder, path, size, md5.digest('base64'));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  read(): Readable {
    return createReadStream(this.#file, { highWaterMark: 256 * 1024 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function tooLarge(maximumSize: number): StackError {
  return new StackError({
    code: 'CAPABILITY_UNSUPPORTED',
    message: `the server honours conditions in single requests alone, of up to ${maximumSize} bytes`,
    hint: 'Write it without a condition.',
  });
}
