import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore } from '@stack/core';
import type { CaseBody, ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes, chunks, inParts, megabyte } from './chunks.ts';
import { expectSameStat } from './expect-same-stat.ts';
import { paths } from './listing.ts';

export const roundTripCases = {
  'what is written is read back byte for byte': async ({ component: store }: Context) => {
    await store.write('a/bytes', allBytes);
    expectBytes(await store.read('a/bytes'), allBytes);
  },
  'text is kept as UTF-8': async ({ component: store }: Context) => {
    await store.write('text', 'h\u00e9 \u{1F600}\r\n');
    assert.equal(await store.readText('text'), 'h\u00e9 \u{1F600}\r\n');
    assert.equal(await store.size('text'), 10);
  },
  'an empty object is an object': async ({ component: store }: Context) => {
    await store.write('empty', '');
    assert.equal((await store.read('empty')).length, 0);
    assert.equal((await store.stat('empty')).size, 0);
    assert.equal(await store.exists('empty'), true);
    assert.deepEqual(await paths(store.list()), ['empty']);
  },
  'a stream of unknown length is written as one object': async ({ component: store }: Context) => {
    const parts = [randomBytes(1), randomBytes(70_000), randomBytes(3), randomBytes(200_001)];
    await store.write('stream', chunks(parts));
    expectBytes(await store.read('stream'), Buffer.concat(parts));
    await store.write('texts', chunks(['\u00e9', Buffer.from('b'), 'c']));
    assert.equal(await store.readText('texts'), '\u00e9bc');
  },
  'a large object keeps every byte': async ({ component: store }: Context) => {
    const bytes = randomBytes(9 * megabyte + 1);
    await store.write('large', chunks(inParts(bytes, 100_003)));
    expectBytes(await store.read('large'), bytes);
  },
  'openWrite makes an object of what goes into the stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await pipeline(Readable.from(inParts(bytes, 10_000)), await store.openWrite('a/stream'));
    expectBytes(await store.read('a/stream'), bytes);
  },
  'openRead gives the bytes as a stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await store.write('bytes', bytes);
    expectBytes(await buffer(await store.openRead('bytes')), bytes);
  },
  'a write replaces the whole object': async ({ component: store }: Context) => {
    await store.write('a', 'a long text');
    await store.write('a', 'short');
    assert.equal(await store.readText('a'), 'short');
    assert.equal(await store.size('a'), 5);
  },
  'a write gives the stat of the object': async ({ component: store }: Context) => {
    const written = await store.write('a', 'abc');
    expectSameStat(await store.stat('a'), written);
  },
  'stat gives the size and the time of the write': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const { size, modifiedAt } = await store.stat('a');
    assert.equal(size, 256);
    const age = Date.now() - modifiedAt.getTime();
    assert.ok(Math.abs(age) < 15 * 60_000, `modifiedAt is ${age} ms ago`);
  },
  'a part of a buffer is written without what is around it': async ({ component: store }: Context) => {
    const part = new Uint8Array(allBytes.buffer, allBytes.byteOffset + 100, 50);
    await store.write('a', part);
    expectBytes(await store.read('a'), allBytes.subarray(100, 150));
    await store.write('b', chunks([part, allBytes.subarray(7, 8)]));
    expectBytes(await store.read('b'), Buffer.concat([part, allBytes.subarray(7, 8)]));
  },
  'bytes that the writer or a reader changes later stay as they were written': async ({
    component: store,
  }: Context) => {
    const bytes = Buffer.from('text');
    await store.write('a', bytes);
    await store.write('b', chunks([bytes]));
    bytes.fill('x');
    for (const key of ['a', 'b']) {
      (await store.read(key)).fill('y');
      for await (const piece of (await store.openRead(key)) as AsyncIterable<Buffer>) piece.fill('z');
      assert.equal(await store.readText(key), 'text');
    }
  },
  'a later write has a later time': async ({ component: store }: Context) => {
    const first = await store.write('a', 'one');
    // Some backends tell whole seconds.
    await delay(1_100);
    const second = await store.write('a', 'two');
    assert.ok(second.modifiedAt > first.modifiedAt, 'it has the time of the object that it replaced');
    expectSameStat(await store.stat('a'), second);
  },
  'a stream that ends without a byte makes an empty object': async ({ component: store }: Context) => {
    await store.write('a', chunks([]));
    await finished((await store.openWrite('b')).end());
    await pipeline(Readable.from([]), await store.openWrite('c'));
    for (const key of ['a', 'b', 'c']) assert.equal((await store.read(key)).length, 0);
  },
  'openWrite keeps the conditions of a write': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await expectCode('ALREADY_EXISTS', async () =>
      pipeline(chunks(['new']), await store.openWrite('a', { ifAbsent: true })),
    );
    await pipeline(chunks(['new']), await store.openWrite('a', { ifMatch: etag }));
    await expectCode('PRECONDITION_FAILED', async () =>
      pipeline(chunks(['newer']), await store.openWrite('a', { ifMatch: etag })),
    );
    assert.equal(await store.readText('a'), 'new');
  },
  'readers of one object at once do not disturb each other': async ({ component: store }: Context) => {
    const bytes = randomBytes(megabyte);
    await store.write('a', bytes);
    const streams = await Promise.all(Array.from({ length: 4 }, () => store.openRead('a')));
    streams[0]?.destroy();
    const read = await Promise.all(streams.slice(1).map((stream) => buffer(stream)));
    for (const found of read) expectBytes(found, bytes);
  },
  'a reader gets one version as a whole when the object is replaced or removed meanwhile': async ({
    component: store,
  }: Context) => {
    for (const change of [() => store.write('a', Buffer.alloc(4 * megabyte, 'n')), () => store.remove('a')]) {
      await store.write('a', Buffer.alloc(4 * megabyte, 'o'));
      const stream = await store.openRead('a');
      const pieces: Buffer[] = [];
      try {
        for await (const piece of stream as AsyncIterable<Buffer>) if (pieces.push(piece) === 1) await change();
      } catch (error) {
        await expectCode('UNAVAILABLE', () => Promise.reject(error));
        continue;
      }
      expectBytes(Buffer.concat(pieces), Buffer.alloc(4 * megabyte, 'o'), 'the version that was opened');
    }
  },
} satisfies ConformanceCases<ArtifactStore>;

type SizeCase = `objects of about ${keyof typeof partSizes} keep every byte`;

/** Sizes at which stores begin another chunk, buffer or part. */
const partSizes = {
  '64 KiB': 64 * 1024,
  '256 KiB': 256 * 1024,
  '1 MiB': megabyte,
  '5 MiB': 5 * megabyte,
  '8 MiB': 8 * megabyte,
};

/** A case for each size. */
export const sizeCases = Object.fromEntries(
  Object.entries(partSizes).map(([name, size]): [string, CaseBody<ArtifactStore>] => [
    `objects of about ${name} keep every byte`,
    async ({ component: store }) => {
      const bytes = randomBytes(size + 1);
      for (const length of [size - 1, size, size + 1]) {
        const part = bytes.subarray(0, length);
        await store.write('bytes', part);
        await store.write('stream', chunks(inParts(part, 99_999)));
        for (const key of ['bytes', 'stream']) {
          assert.equal(await store.size(key), length);
          expectBytes(await store.read(key), part, `the object of the ${key}`);
          const middle = { start: length >> 1, end: (length >> 1) + 3 };
          expectBytes(await store.read(key, middle), part.subarray(middle.start, middle.end));
        }
      }
    },
  ]),
) as Record<SizeCase, CaseBody<ArtifactStore>>;
