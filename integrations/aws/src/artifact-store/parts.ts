import type { Readable } from 'node:stream';

/** Bytes in parts of one size, the last one smaller. */
export interface Parts {
  /** The next part; `undefined` after the last. Several may be waited for at once: they are given in order. */
  next(): Promise<Buffer | undefined>;
  /** No more are wanted: whoever waits for one waits no longer. */
  close(): void;
}

/** A stream in parts. It holds the bytes of the parts that are waited for, and no more. */
export function partsOfStream(source: Readable, partSize: number): Parts {
  const parts = cut(source, partSize);
  return {
    async next() {
      const { value, done } = await parts.next();
      return done ? undefined : value;
    },
    close: () => void source.destroy(),
  };
}

/** Bytes in parts, which are views of them. */
export function partsOfBytes({ buffer, byteOffset, byteLength }: Uint8Array, partSize: number): Parts {
  let position = 0;
  return {
    async next() {
      if (position >= byteLength) return undefined;
      const start = position;
      position = Math.min(start + partSize, byteLength);
      return Buffer.from(buffer, byteOffset + start, position - start);
    },
    close() {},
  };
}

/** Parts, and before them one that was taken already. */
export function withFirst(first: Buffer, rest: Parts): Parts {
  let isGiven = false;
  return {
    async next() {
      if (isGiven) return rest.next();
      isGiven = true;
      return first;
    },
    close: () => rest.close(),
  };
}

async function* cut(source: Readable, partSize: number): AsyncGenerator<Buffer, undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const taken = rest.subarray(0, partSize - size);
      rest = rest.subarray(taken.byteLength);
      chunks.push(taken);
      size += taken.byteLength;
      if (size < partSize) continue;
      yield Buffer.concat(chunks, size);
      chunks = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(chunks, size);
  return undefined;
}
