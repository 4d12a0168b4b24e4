import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes } from './chunks.ts';

export const rangeCases = {
  'a range holds its start and not its end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    assert.deepEqual(await store.read('a', { start: 10, end: 20 }), allBytes.subarray(10, 20));
    assert.deepEqual(await store.read('a', { end: 1 }), allBytes.subarray(0, 1));
    assert.deepEqual(await store.read('a', { start: 255 }), allBytes.subarray(255));
    assert.equal((await store.read('a', { start: 7, end: 7 })).length, 0);
  },
  'a range past the end stops at the end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    assert.deepEqual(await store.read('a', { start: 250, end: 1000 }), allBytes.subarray(250));
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
    assert.deepEqual(await store.read('a', { ifMatch: etag }), allBytes);
    assert.deepEqual(await store.read('a', { ifMatch: etag, start: 3, end: 5 }), allBytes.subarray(3, 5));
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
} satisfies ConformanceCases<ArtifactStore>;
