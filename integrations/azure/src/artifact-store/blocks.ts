import { Readable } from 'node:stream';

/** Blob Storage takes 50,000 blocks; when so many have been read, the next ones are twice as large. */
const blocksOfOneSize = 10_000;

export interface Block {
  readonly bytes: Uint8Array;
  /** Says that the bytes are not needed any more, so that their memory can be used again. */
  readonly release: () => void;
}

/** The bytes of a source in blocks of a size, the last of which may be shorter. A source without bytes has none. */
export async function* blocksOf(source: Uint8Array | Readable, blockSize: number): AsyncGenerator<Block> {
  let count = 0;
  const nextSize = () => blockSize * 2 ** Math.floor(count++ / blocksOfOneSize);
  if (source instanceof Readable) {
    yield* blocksOfStream(source, nextSize);
    return;
  }
  for (let start = 0, size = nextSize(); start < source.byteLength; start += size, size = nextSize()) {
    yield { bytes: source.subarray(start, start + size), release: () => {} };
  }
}

async function* blocksOfStream(source: Readable, nextSize: () => number): AsyncGenerator<Block> {
  const memory = new BlockMemory();
  let size = nextSize();
  let length = 0;
  // Of a short stream, so that it does not take the memory of a whole block.
  let first: Buffer[] = [];
  let target: Buffer | undefined;
  for await (let chunk of source as AsyncIterable<Buffer>) {
    while (chunk.byteLength > 0) {
      const taken = chunk.subarray(0, size - length);
      if (target === undefined) first.push(taken);
      else target.set(taken, length);
      chunk = chunk.subarray(taken.byteLength);
      length += taken.byteLength;
      if (length < size) continue;
      yield memory.blockOf(target ?? Buffer.concat(first, size), size);
      first = [];
      size = nextSize();
      target = memory.take(size);
      length = 0;
    }
  }
  if (length > 0) yield memory.blockOf(target ?? Buffer.concat(first, length), length);
}

/** Memory of blocks that were released: new memory for each would keep the garbage collector busy. */
class BlockMemory {
  readonly #free: Buffer[] = [];

  take(size: number): Buffer {
    const free = this.#free.pop();
    return free?.byteLength === size ? free : Buffer.allocUnsafeSlow(size);
  }

  blockOf(memory: Buffer, length: number): Block {
    return { bytes: memory.subarray(0, length), release: () => void this.#free.push(memory) };
  }
}
