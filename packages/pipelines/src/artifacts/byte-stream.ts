import { Readable } from 'node:stream';
import { StackError } from '@stack/core';

/** A stream of bytes, or of text as UTF-8: of Node, of the web, or any asynchronous iterable. */
export type ByteStream = Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

export function isByteStream(value: unknown): value is ByteStream {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/**
 * The chunks of a stream.
 *
 * @throws VALUE_NOT_SERIALIZABLE for a chunk that is neither bytes nor text
 */
export async function* toBuffers(stream: ByteStream, signal?: AbortSignal): AsyncGenerator<Buffer, undefined> {
  const chunks = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  let hasEnded = false;
  try {
    for (let place = 0; ; place++) {
      // A stream may wait for something that never comes.
      const next = await Promise.race([chunks.next(), aborted.promise]);
      hasEnded = next.done === true;
      if (hasEnded) return undefined;
      yield bufferOf(next.value, place);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    if (!hasEnded) endStream(stream, chunks);
  }
}

/**
 * Keeps streams that wait to be stored from ending the process when they break meanwhile, and ends those that are left when it
 * is disposed of.
 */
export function keepStreams(values: readonly unknown[]): Disposable {
  const streams = values.filter((value) => value instanceof Readable);
  // Who reads it learns of the error all the same.
  for (const stream of streams) stream.on('error', () => {});
  return {
    [Symbol.dispose]: () => {
      for (const stream of streams) stream.destroy();
    },
  };
}

/** Without waiting for what the stream waits for. */
function endStream(stream: ByteStream, chunks: AsyncIterator<unknown>): void {
  if (stream instanceof Readable) stream.destroy();
  else void Promise.resolve(chunks.return?.()).catch(() => {});
}

function bufferOf(chunk: unknown, place: number): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const kind =
    typeof chunk === 'object' && chunk !== null
      ? `an instance of ${chunk.constructor?.name}`
      : `of type ${typeof chunk}`;
  throw new StackError({
    code: 'VALUE_NOT_SERIALIZABLE',
    message: `its chunk ${place} is ${kind}, and a stream that is stored gives bytes or text.`,
    hint: 'Let it give bytes or text, such as a line of JSON for each item; or return a list.',
  });
}
