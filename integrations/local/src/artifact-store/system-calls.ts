import { close, fsync, futimes, open, read, write, writev } from 'node:fs';
import { promisify } from 'node:util';

// The calls on a file by its number, the descriptor. By the `FileHandle` of fs/promises a small read or write takes a fifth
// longer. Whoever opens a file closes it, once: a number that was closed may be another file's.

export const openFile = promisify(open);
export const closeFile = promisify(close);
export const syncFile = promisify(fsync);
export const setFileTimes = promisify(futimes);

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
