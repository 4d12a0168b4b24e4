import { Readable } from 'node:stream';

/** Blob Storage takes 50,000 blocks; when so many have been read, the next ones are twice as large. */
const blocksOfOneSize = 10_000;

/** The bytes of a source in blocks of a size, the last of which may be shorter. A source without bytes has none. */
export async function* blocksOf(source: Uint8Array | Readable, blockSize: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  const nextSize = () => blockSize * 2 ** Math.floor(count++ / blocksOfOneSize);
  if (!(source instanceof Readable)) {
    let start = 0;
    while (start < source.byteLength) {
      const size = nextSize();
      yield source.subarray(start, start + size);
      start += size;
    }
    return;
  }
  let size = nextSize();
  let chunks: Buffer[] = [];
  let length = 0;
  for await (let chunk of source as AsyncIterable<Buffer>) {
    while (length + chunk.byteLength >= size) {
      const rest = size - length;
      yield Buffer.concat([...chunks, chunk.subarray(0, rest)], size);
      chunk = chunk.subarray(rest);
      chunks = [];
      length = 0;
      size = nextSize();
    }
    if (chunk.byteLength === 0) continue;
    chunks.push(chunk);
    length += chunk.byteLength;
  }
  if (length > 0) yield Buffer.concat(chunks, length);
}
