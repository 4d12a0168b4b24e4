import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import type { Context } from './case-context.ts';
import { allBytes, chunks, inParts, megabyte } from './chunks.ts';
import { paths } from './listing.ts';

export const roundTripCases = {
  'what is written is read back byte for byte': async ({ component: store }: Context) => {
    await store.write('a/bytes', allBytes);
    assert.deepEqual(await store.read('a/bytes'), allBytes);
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
    assert.deepEqual(await store.read('stream'), Buffer.concat(parts));
    await store.write('texts', chunks(['\u00e9', Buffer.from('b'), 'c']));
    assert.equal(await store.readText('texts'), '\u00e9bc');
  },
  'a large object keeps every byte': async ({ component: store }: Context) => {
    const bytes = randomBytes(9 * megabyte + 1);
    await store.write('large', chunks(inParts(bytes, 100_003)));
    assert.equal(Buffer.compare(await store.read('large'), bytes), 0, 'the bytes differ');
  },
  'openWrite makes an object of what goes into the stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await pipeline(Readable.from(inParts(bytes, 10_000)), await store.openWrite('a/stream'));
    assert.equal(Buffer.compare(await store.read('a/stream'), bytes), 0, 'the bytes differ');
  },
  'openRead gives the bytes as a stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await store.write('bytes', bytes);
    assert.equal(Buffer.compare(await buffer(await store.openRead('bytes')), bytes), 0, 'the bytes differ');
  },
  'a write replaces the whole object': async ({ component: store }: Context) => {
    await store.write('a', 'a long text');
    await store.write('a', 'short');
    assert.equal(await store.readText('a'), 'short');
    assert.equal(await store.size('a'), 5);
  },
  'a write gives the stat of the object': async ({ component: store }: Context) => {
    const written = await store.write('a', 'abc');
    assert.deepEqual(await store.stat('a'), written);
  },
  'stat gives the size and the time of the write': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const { size, modifiedAt } = await store.stat('a');
    assert.equal(size, 256);
    const age = Date.now() - modifiedAt.getTime();
    assert.ok(Math.abs(age) < 15 * 60_000, `modifiedAt is ${age} ms ago`);
  },
} satisfies ConformanceCases<ArtifactStore>;
