import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

/** Bytes after which what else there is to do gets its turn, so that the network is fed while a chunk is filled. */
const bytesPerTurn = 1024 * 1024;

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
  let inTurn = 0;
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
    inTurn += piece.byteLength;
    if (inTurn < bytesPerTurn) continue;
    // A source that never waits, such as one that is hashed, would keep the chunk before from being sent meanwhile.
    await setImmediate();
    inTurn = 0;
  }
  if (size > 0) yield filling?.subarray(0, size) ?? Buffer.concat(pieces, size);
  return undefined;
}
