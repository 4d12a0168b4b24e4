import { close, fsync, futimes, lstat, open, read, readSync, rename, write, writeSync, writev } from 'node:fs';
import { promisify } from 'node:util';

// The calls on a file by its number, the descriptor. By the `FileHandle` of fs/promises a small read or write takes a fifth
// longer. Whoever opens a file closes it, once: a number that was closed may be another file's.

// What little there is to do for a small object is done at once: the system does it in its memory, within microseconds, and
// having another thread ask for it takes several times as long, of this thread too.

/** Bytes that are read or written at once, without another thread: 64 KiB. */
export const smallSize = 64 * 1024;

export const openFile = promisify(open);
export const closeFile = promisify(close);
export const syncFile = promisify(fsync);
export const setFileTimes = promisify(futimes);
export const moveFile = promisify(rename);
/** What is known of a file or directory by its path, of a link itself. By fs/promises it takes a third longer. */
export const findEntry = promisify(lstat);

/** The bytes of a file from a place on; fewer where it ends before. */
export async function readBytes(descriptor: number, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await readOnce(descriptor, bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The same for at most `smallSize` bytes, at once. */
export function readSmall(descriptor: number, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const bytesRead = readSync(descriptor, bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Writes at most `smallSize` bytes at the end of what was written before, at once. */
export function writeSmall(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength; ) written += writeSync(descriptor, bytes, written);
}

/** Writes all of the bytes at the end of what was written before. */
export async function writeBytes(descriptor: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const { bytesWritten } = await writeOnce(descriptor, bytes, written, bytes.byteLength - written);
    written += bytesWritten;
  }
}

/** The same for several chunks, at once where the system takes them. */
export async function writeChunks(descriptor: number, chunks: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten } = await writeAtOnce(descriptor, chunks);
  for (const chunk of chunks) {
    if (bytesWritten < chunk.byteLength) await writeBytes(descriptor, chunk.subarray(bytesWritten));
    bytesWritten = Math.max(0, bytesWritten - chunk.byteLength);
  }
}

const readOnce = promisify(read);
const writeOnce = promisify(write);
const writeAtOnce = promisify(writev);
