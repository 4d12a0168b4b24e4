import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';

const chunkSize = 256 * 1024;
const chunk = incompressible(chunkSize);

/** Bytes that do not compress, the same in every process. */
export function incompressible(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** The bytes of the large object. They cost nothing to make. */
export function largeSource(size: number): Readable {
  // Else what was not read at once would be copied into one chunk.
  return Readable.from(chunksOf(size), { objectMode: true, highWaterMark: 1 });
}

export function sha256OfLarge(size: number): string {
  const hash = createHash('sha256');
  for (const part of chunksOf(size)) hash.update(part);
  return hash.digest('hex');
}

function* chunksOf(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= chunkSize) yield left < chunkSize ? chunk.subarray(0, left) : chunk;
}
