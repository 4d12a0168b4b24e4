import { Readable } from 'node:stream';

/**
 * The bytes of a source in chunks of one size, the last of which may be shorter. A source without bytes has none. Of a stream,
 * a chunk is whole until the second one after it is asked for: one is filled while another is sent, in two buffers that take
 * turns.
 */
export async function* chunksOf(
  source: Uint8Array | Readable,
  chunkSize: number,
): AsyncGenerator<Uint8Array, undefined> {
  if (!(source instanceof Readable)) {
    for (let start = 0; start < source.byteLength; start += chunkSize) yield source.subarray(start, start + chunkSize);
    return;
  }
  // Before the first chunk is whole there is none, since most objects are smaller.
  let filling: Buffer | undefined;
  let pieces: Buffer[] = [];
  let size = 0;
  let sent: Buffer | undefined;
  for await (const piece of source as AsyncIterable<Buffer>) {
    for (let rest = piece; rest.byteLength > 0; ) {
      const taken = rest.subarray(0, chunkSize - size);
      rest = rest.subarray(taken.byteLength);
      if (filling === undefined) pieces.push(taken);
      else filling.set(taken, size);
      size += taken.byteLength;
      if (size < chunkSize) continue;
      const chunk = filling ?? Buffer.concat(pieces, size);
      yield chunk;
      filling = sent ?? Buffer.allocUnsafeSlow(chunkSize);
      sent = chunk;
      pieces = [];
      size = 0;
    }
  }
  if (size > 0) yield filling?.subarray(0, size) ?? Buffer.concat(pieces, size);
  return undefined;
}
