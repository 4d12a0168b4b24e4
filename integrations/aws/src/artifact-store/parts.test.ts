import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type Parts, partsOfBytes, partsOfStream, withFirst } from './parts.ts';

const bytes = Buffer.from('abcdefghij');

async function all(parts: Parts): Promise<string[]> {
  const found: string[] = [];
  for (let part = await parts.next(); part !== undefined; part = await parts.next()) found.push(part.toString());
  return found;
}

test.each([[1], [3], [4], [10], [100]])(
  'a stream in chunks of %i bytes is cut into parts of one size',
  async (size) => {
    const chunks = Array.from({ length: Math.ceil(10 / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(await all(partsOfStream(Readable.from(chunks), 4))).toEqual(['abcd', 'efgh', 'ij']);
    expect(await all(partsOfStream(Readable.from(chunks), 5))).toEqual(['abcde', 'fghij']);
  },
);

test('bytes are cut without a copy', async () => {
  expect(await all(partsOfBytes(bytes, 4))).toEqual(['abcd', 'efgh', 'ij']);
  const part = await partsOfBytes(bytes.subarray(2), 4).next();
  expect(part?.buffer).toBe(bytes.buffer);
  expect(part?.toString()).toBe('cdef');
});

test('nothing has no parts', async () => {
  expect(await all(partsOfBytes(Buffer.alloc(0), 4))).toEqual([]);
  expect(await all(partsOfStream(Readable.from([]), 4))).toEqual([]);
});

test('a part that was taken can be put before the others', async () => {
  const parts = partsOfBytes(bytes, 4);
  const first = await parts.next();
  expect(await all(withFirst(first ?? Buffer.alloc(0), parts))).toEqual(['abcd', 'efgh', 'ij']);
});

test('several who wait get the parts in order', async () => {
  const parts = partsOfStream(Readable.from([bytes]), 4);
  const found = await Promise.all(Array.from({ length: 4 }, () => parts.next()));
  expect(found.map((part) => part?.toString())).toEqual(['abcd', 'efgh', 'ij', undefined]);
});

test('the memory of a part is used again when it was released, and not before', async () => {
  const parts = partsOfStream(Readable.from([Buffer.from('abcdefghijklmnopqrstuvwx')]), 4);
  const [first, second] = [await parts.next(), await parts.next()];
  expect(second?.buffer).not.toBe(first?.buffer);
  if (second !== undefined) parts.release(second);
  const [third, fourth] = [await parts.next(), await parts.next()];
  expect(third?.buffer).toBe(second?.buffer);
  expect(new Set([first, third, fourth].map((part) => part?.buffer)).size).toBe(3);
  expect([first, third, fourth].map(String)).toEqual(['abcd', 'ijkl', 'mnop']);
});

test('who waits when the parts are closed waits no longer', async () => {
  const parts = partsOfStream(new Readable({ read() {} }), 4);
  const waiting = parts.next();
  parts.close();
  await expect(waiting).rejects.toThrow();
});
