import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type Block, blocksOf } from './blocks.ts';

async function read(blocks: AsyncIterable<Block>): Promise<Buffer[]> {
  const read: Buffer[] = [];
  for await (const { bytes, release } of blocks) {
    read.push(Buffer.from(bytes));
    release();
  }
  return read;
}

test.each([0, 1, 9, 10, 11, 95])(
  '%d bytes, whole or in pieces of any size, are those of their blocks',
  async (size) => {
    const bytes = randomBytes(size);
    const sizes = Array.from({ length: Math.ceil(size / 10) }, (_, index) => Math.min(10, size - index * 10));
    for (const piece of [1, 3, 10, 25, 100]) {
      const pieces = Array.from({ length: Math.ceil(size / piece) }, (_, index) =>
        bytes.subarray(index * piece, (index + 1) * piece),
      );
      for (const source of [bytes, Readable.from(pieces)]) {
        const blocks = await read(blocksOf(source, 10));
        expect(blocks.map(({ byteLength }) => byteLength)).toEqual(sizes);
        expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
      }
    }
  },
);

test('the memory of a block is used again when it was released, and not before', async () => {
  const blocks = blocksOf(Readable.from([randomBytes(100)]), 10);
  const next = async () => (await blocks.next()).value as Block;
  const [first, second] = [await next(), await next()];
  expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
  second.release();
  // The third was begun already.
  const [third, fourth] = [await next(), await next()];
  expect(third.bytes.buffer).not.toBe(first.bytes.buffer);
  expect([third.bytes.buffer, fourth.bytes.buffer]).toContain(second.bytes.buffer);
});

test('blocks grow, so that 50,000 of them hold large objects', async () => {
  const sizes: number[] = [];
  for await (const { bytes } of blocksOf(Buffer.alloc(40_000), 1)) sizes.push(bytes.byteLength);
  expect(sizes).toHaveLength(10_000 + 10_000 + 2_500);
  expect(sizes.slice(9_998, 10_002)).toEqual([1, 1, 2, 2]);
  expect(sizes.slice(19_998, 20_002)).toEqual([2, 2, 4, 4]);
});
