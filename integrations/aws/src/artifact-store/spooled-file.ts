import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StackError, TemporaryFolder } from '@stack/core';
import type { Parts } from './parts.ts';

/** Bytes that were put down on this disk, to be sent as a whole. */
export class SpooledFile implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #disposables: AsyncDisposableStack;
  readonly size: number;
  /** In Base64. */
  readonly md5: string;

  private constructor(file: FileHandle, disposables: AsyncDisposableStack, size: number, md5: string) {
    this.#file = file;
    this.#disposables = disposables;
    this.size = size;
    this.md5 = md5;
  }

  /**
   * Nobody else on this machine can read it.
   *
   * @throws CAPABILITY_UNSUPPORTED when there are too many bytes
   */
  static async write(parts: Parts, maximumSize: number): Promise<SpooledFile> {
    await using disposables = new AsyncDisposableStack();
    const folder = disposables.use(new TemporaryFolder('s3'));
    const file = disposables.use(await open(join(folder.path, 'object'), 'wx+', 0o600));
    const md5 = createHash('md5');
    let size = 0;
    for (let part = await parts.next(); part !== undefined; part = await parts.next()) {
      size += part.byteLength;
      if (size > maximumSize) throw tooLarge(maximumSize);
      await file.writeFile(part);
      md5.update(part);
      parts.release(part);
    }
    return new SpooledFile(file, disposables.move(), size, md5.digest('base64'));
  }

  read(): Readable {
    return this.#file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposables.disposeAsync();
  }
}

function tooLarge(maximumSize: number): StackError {
  return new StackError({
    code: 'CAPABILITY_UNSUPPORTED',
    message: `the server honours conditions in single requests alone, of up to ${maximumSize} bytes`,
    hint: 'Write it without a condition.',
  });
}
