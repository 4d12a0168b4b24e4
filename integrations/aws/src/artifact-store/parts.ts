import type { Readable } from 'node:stream';

/** Bytes in parts of one size, the last one smaller. */
export interface Parts {
  /** The next part; `undefined` after the last. Several may be waited for at once: they are given in order. */
  next(): Promise<Buffer | undefined>;
  /** A part is not needed any more, so that its memory can be used for another. */
  release(part: Buffer): void;
  /** No more are wanted: whoever waits for one waits no longer. */
  close(): void;
}

/** A stream in parts. It holds the bytes of the parts that are waited for or not released, and no more. */
export function partsOfStream(source: Readable, partSize: number): Parts {
  // New memory for each part would keep the system and the garbage collector busy.
  const free: Buffer[] = [];
  const parts = cut(source, partSize, () => free.pop() ?? Buffer.allocUnsafeSlow(partSize));
  return {
    async next() {
      const { value, done } = await parts.next();
      return done ? undefined : value;
    },
    release(part) {
      if (part.byteLength === partSize) free.push(part);
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
    release() {},
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
    release: (part) => rest.release(part),
    close: () => rest.close(),
  };
}

async function* cut(source: Readable, partSize: number, newPart: () => Buffer): AsyncGenerator<Buffer, undefined> {
  // Those of the first part are put together at its end: a short stream does not take the memory of a whole part.
  let chunks: Buffer[] = [];
  let part: Buffer | undefined;
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const taken = rest.subarray(0, partSize - size);
      rest = rest.subarray(taken.byteLength);
      if (part === undefined) chunks.push(taken);
      else part.set(taken, size);
      size += taken.byteLength;
      if (size < partSize) continue;
      yield part ?? Buffer.concat(chunks, size);
      chunks = [];
      part = newPart();
      size = 0;
    }
  }
  if (size > 0) yield part?.subarray(0, size) ?? Buffer.concat(chunks, size);
  return undefined;
}
