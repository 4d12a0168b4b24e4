import { Readable } from 'node:stream';

/** The bytes of a source in chunks of one size, the last of which may be shorter. A source without bytes has none. */
export async function* chunksOf(
  source: Uint8Array | Readable,
  chunkSize: number,
): AsyncGenerator<Uint8Array, undefined> {
  if (!(source instanceof Readable)) {
    for (let start = 0; start < source.byteLength; start += chunkSize) yield source.subarray(start, start + chunkSize);
    return;
  }
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of source as AsyncIterable<Buffer>) {
    for (let rest = piece; rest.byteLength > 0; ) {
      const taken = rest.subarray(0, chunkSize - size);
      rest = rest.subarray(taken.byteLength);
      pieces.push(taken);
      size += taken.byteLength;
      if (size < chunkSize) continue;
      yield Buffer.concat(pieces, size);
      pieces = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(pieces, size);
  return undefined;
}
