import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes, megabyte } from './chunks.ts';

export const rangeCases = {
  'a range holds its start and not its end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    expectBytes(await store.read('a', { start: 10, end: 20 }), allBytes.subarray(10, 20));
    expectBytes(await store.read('a', { end: 1 }), allBytes.subarray(0, 1));
    expectBytes(await store.read('a', { start: 255 }), allBytes.subarray(255));
    assert.equal((await store.read('a', { start: 7, end: 7 })).length, 0);
  },
  'a range past the end stops at the end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    expectBytes(await store.read('a', { start: 250, end: 1000 }), allBytes.subarray(250));
    assert.equal((await store.read('a', { start: 256 })).length, 0);
    assert.equal((await store.read('a', { start: 5000, end: 6000 })).length, 0);
    await store.write('empty', '');
    assert.equal((await store.read('empty', { start: 0, end: 10 })).length, 0);
  },
  'a range that is none is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    for (const range of [{ start: -1 }, { start: 2, end: 1 }, { start: 0.5 }, { end: Number.NaN }]) {
      await expectCode('ARGUMENT_INVALID', () => store.read('a', range));
    }
  },
  'a range of a missing object is NOT_FOUND': async ({ component: store }: Context) => {
    await expectCode('NOT_FOUND', () => store.read('a', { start: 5, end: 5 }));
    await expectCode('NOT_FOUND', () => store.read('a', { start: 5000 }));
  },
  'a read with ifMatch gives the object of that etag': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', allBytes);
    expectBytes(await store.read('a', { ifMatch: etag }), allBytes);
    expectBytes(await store.read('a', { ifMatch: etag, start: 3, end: 5 }), allBytes.subarray(3, 5));
    assert.equal((await store.read('a', { ifMatch: etag, start: 5, end: 5 })).length, 0);
  },
  'a read with ifMatch is PRECONDITION_FAILED for another object': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', allBytes);
    await store.write('a', allBytes.toReversed());
    for (const range of [{}, { start: 3, end: 5 }, { start: 5, end: 5 }]) {
      await expectCode('PRECONDITION_FAILED', () => store.read('a', { ...range, ifMatch: etag }));
      await expectCode('PRECONDITION_FAILED', () => store.openRead('a', { ...range, ifMatch: etag }));
    }
  },
  'ranges that meet make the object': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await store.write('a', bytes);
    const limits = [0, 1, 2, 65_535, 65_536, 65_537, 131_072, 299_999, 300_000];
    const parts = limits.slice(1).map((end, index) => store.read('a', { start: limits[index] ?? 0, end }));
    expectBytes(Buffer.concat(await Promise.all(parts)), bytes);
  },
  'a range of a stream holds its start and not its end': async ({ component: store }: Context) => {
    const bytes = randomBytes(megabyte);
    await store.write('a', bytes);
    const range = { start: 70_001, end: 900_001 };
    expectBytes(await buffer(await store.openRead('a', range)), bytes.subarray(range.start, range.end));
    expectBytes(await buffer(await store.openRead('a', { start: megabyte - 1 })), bytes.subarray(-1));
    assert.equal((await buffer(await store.openRead('a', { start: megabyte }))).length, 0);
  },
} satisfies ConformanceCases<ArtifactStore>;
