import { Transform, type TransformCallback } from 'node:stream';
import { StackError } from '@stack/core';
import { Crc32c } from './crc32c.ts';

/** Bytes of an object on their way, which break at their end where they are not those with the CRC32C. */
export class CheckedStream extends Transform {
  readonly #expected: string;
  readonly #found = new Crc32c();

  constructor(expected: string) {
    super();
    this.#expected = expected;
  }

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#found.update(bytes);
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    try {
      checkCrc32c(this.#found, this.#expected);
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

/** @throws INTEGRITY */
export function checkCrc32c(found: Crc32c, expected: string): void {
  if (`${found}` === expected) return;
  throw new StackError({
    code: 'INTEGRITY',
    message: `the bytes have the CRC32C ${found}, and those of the object have ${expected}`,
  });
}
