import { type BigIntStats, closeSync, fstatSync, futimesSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import {
  closeFile,
  openFile,
  setFileTimes,
  smallSize,
  syncFile,
  writeBytes,
  writeChunks,
  writeSmall,
} from './system-calls.ts';
import { nextWriteTime } from './write-time.ts';

/** Bytes of a stream that are written at once, about. */
const gatheredBytes = 1024 * 1024;

/** Writes a complete new file, and waits until the disk has it where it is to be durable. */
export async function writeStagedFile(
  path: string,
  source: Uint8Array | Readable,
  isDurable: boolean,
): Promise<BigIntStats> {
  if (source instanceof Uint8Array && source.byteLength <= smallSize) return writeSmallFile(path, source, isDurable);
  const descriptor = await openFile(path, 'wx');
  try {
    if (source instanceof Readable) await writeStream(descriptor, source);
    else await writeBytes(descriptor, source);
    const time = nextWriteTime();
    await setFileTimes(descriptor, time, time);
    if (isDurable) await syncFile(descriptor);
    // It asks no disk: the kernel has what was just written.
    return fstatSync(descriptor, { bigint: true });
  } finally {
    await closeFile(descriptor);
  }
}

/** The same for few bytes, where the disk alone is waited for. */
async function writeSmallFile(path: string, bytes: Uint8Array, isDurable: boolean): Promise<BigIntStats> {
  const descriptor = openSync(path, 'wx');
  try {
    writeSmall(descriptor, bytes);
    const time = nextWriteTime();
    futimesSync(descriptor, time, time);
    if (isDurable) await syncFile(descriptor);
    return fstatSync(descriptor, { bigint: true });
  } finally {
    closeSync(descriptor);
  }
}

/** Writes what a stream gives, which goes on meanwhile: computing a digest takes longer than writing. */
async function writeStream(descriptor: number, source: Readable): Promise<void> {
  let writing: Promise<void> | undefined;
  let chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size < gatheredBytes) continue;
      await writing;
      writing = writeChunks(descriptor, chunks);
      // It is noticed before the next write.
      writing.catch(() => {});
      chunks = [];
      size = 0;
    }
    await writing;
    await writeChunks(descriptor, chunks);
  } finally {
    // When the source breaks, a write may be under way still. Its number is not to be closed, and given to another file.
    await writing?.catch(() => {});
  }
}
