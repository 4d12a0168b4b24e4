import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chunksOf } from './chunks.ts';

const bytes = Buffer.from('abcdefghij');

async function texts(source: Uint8Array | Readable, size: number): Promise<string[]> {
  const found: string[] = [];
  for await (const chunk of chunksOf(source, size)) found.push(Buffer.from(chunk).toString());
  return found;
}

test.each([1, 3, 4, 10, 100])('a stream in pieces of %i bytes is cut into chunks of one size', async (size) => {
  const pieces = Array.from({ length: Math.ceil(10 / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  expect(await texts(Readable.from(pieces), 4)).toEqual(['abcd', 'efgh', 'ij']);
  expect(await texts(Readable.from(pieces), 5)).toEqual(['abcde', 'fghij']);
});

test('a chunk of a stream stays as it is while the next one is read, and is followed by another in its place', async () => {
  const chunks = chunksOf(Readable.from([bytes, bytes]), 5);
  const take = async () => (await chunks.next()).value ?? Buffer.alloc(0);
  const first = await take();
  const second = await take();
  expect([`${first}`, `${second}`]).toEqual(['abcde', 'fghij']);
  const third = await take();
  expect([`${second}`, `${third}`]).toEqual(['fghij', 'abcde']);
  expect((await take()).buffer).toBe(second.buffer);
  expect(third.buffer).toBe(first.buffer);
});

test('what else there is to do gets its turn while a chunk is filled from a source that never waits', async () => {
  const mebibyte = Buffer.alloc(1024 * 1024);
  const chunk = chunksOf(Readable.from([mebibyte, mebibyte]), 2 * mebibyte.byteLength).next();
  expect(await Promise.race([chunk.then(() => 'chunk'), setImmediate('turn')])).toBe('turn');
  expect((await chunk).value?.byteLength).toBe(2 * mebibyte.byteLength);
});

test('bytes are cut without a copy', async () => {
  expect(await texts(bytes, 4)).toEqual(['abcd', 'efgh', 'ij']);
  for await (const chunk of chunksOf(bytes, 4)) expect(chunk.buffer).toBe(bytes.buffer);
});

test('nothing has no chunks', async () => {
  expect(await texts(Buffer.alloc(0), 4)).toEqual([]);
  expect(await texts(Readable.from([]), 4)).toEqual([]);
});
