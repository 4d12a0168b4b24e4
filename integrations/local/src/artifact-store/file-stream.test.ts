import fs from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';

const chunk = 256 * 1024;
const bytes = Buffer.from(Array.from({ length: 3 * chunk + 5 }, (_, index) => index % 251));

let folder: string;
let file: string;
const calls: string[] = [];

// A read on a slow disk. Modules that call it are loaded later.
const { close, read } = fs;
const slowRead = async (...input: Parameters<typeof read.__promisify__>) => {
  calls.push('read begins');
  await delay(20);
  const result = await promisify(read)(...input);
  calls.push('read ends');
  return result;
};
fs.read = Object.assign(() => {}, { [promisify.custom]: slowRead }) as unknown as typeof read;
fs.close = ((descriptor: number, done: fs.NoParamCallback) => {
  calls.push('close');
  close(descriptor, done);
}) as typeof close;
syncBuiltinESMExports();
const { FileStream } = await import('./file-stream.ts');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-file-stream-'));
  file = join(folder, 'file');
});

beforeEach(async () => {
  await writeFile(file, bytes);
  calls.length = 0;
});

afterAll(async () => {
  Object.assign(fs, { close, read });
  syncBuiltinESMExports();
  await rm(folder, { recursive: true });
});

test.each([
  [0, bytes.byteLength],
  [1, chunk + 1],
  [chunk, 3 * chunk],
  [bytes.byteLength - 1, bytes.byteLength],
])('gives the bytes from %i to %i, and closes the file', async (start, end) => {
  const stream = new FileStream(fs.openSync(file, 'r'), start, end);
  expect((await buffer(stream)).equals(bytes.subarray(start, end))).toBe(true);
  await vi.waitFor(() => expect(stream.closed).toBe(true));
  expect(calls.at(-1)).toBe('close');
});

test('the next bytes are read while the last ones are used', async () => {
  const stream = new FileStream(fs.openSync(file, 'r'), 0, bytes.byteLength);
  for await (const _ of stream) calls.push('use');
  expect(calls.slice(0, 4)).toEqual(['read begins', 'read ends', 'read begins', 'use']);
});

test('a file that has become shorter ends where it ends', async () => {
  const stream = new FileStream(fs.openSync(file, 'r'), 0, bytes.byteLength);
  await truncate(file, chunk + 1);
  expect((await buffer(stream)).equals(bytes.subarray(0, chunk + 1))).toBe(true);
});

test('a stream that is given up during a read does not have the file closed below it', async () => {
  const stream = new FileStream(fs.openSync(file, 'r'), 0, bytes.byteLength);
  for await (const _ of stream) break;
  await vi.waitFor(() => expect(calls).toEqual(['read begins', 'read ends', 'read begins', 'read ends', 'close']));
});

test('a stream that nobody reads has the file closed', async () => {
  const stream = new FileStream(fs.openSync(file, 'r'), 0, bytes.byteLength);
  stream.destroy();
  await vi.waitFor(() => expect(calls).toEqual(['close']));
});
