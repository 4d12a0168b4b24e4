import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes, chunks, inParts, megabyte } from './chunks.ts';
import { paths } from './listing.ts';

export const moveCases = {
  'copy keeps the source': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const stat = await store.copy('a', 'b/c');
    expectBytes(await store.read('b/c'), allBytes);
    expectBytes(await store.read('a'), allBytes);
    assert.deepEqual(await store.stat('b/c'), stat);
  },
  'copy replaces the object at the target, unless ifAbsent is set': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await expectCode('ALREADY_EXISTS', () => store.copy('a', 'b', { ifAbsent: true }));
    assert.equal(await store.readText('b'), 'b');
    await store.copy('a', 'b');
    assert.equal(await store.readText('b'), 'a');
  },
  'copy of an object onto itself keeps it': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    await store.copy('a', 'a');
    expectBytes(await store.read('a'), allBytes);
  },
  'rename moves an object': async ({ component: store }: Context) => {
    await store.write('a/b', allBytes);
    const stat = await store.rename('a/b', 'c/d');
    expectBytes(await store.read('c/d'), allBytes);
    assert.deepEqual(await store.stat('c/d'), stat);
    assert.deepEqual(await paths(store.walk()), ['c/d']);
    assert.equal(await store.exists('a'), false);
  },
  'rename replaces the object at the target': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await store.rename('a', 'b');
    assert.equal(await store.readText('b'), 'a');
    assert.deepEqual(await paths(store.walk()), ['b']);
  },
  'a rename that is refused keeps both objects': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await expectCode('ALREADY_EXISTS', () => store.rename('a', 'b', { ifAbsent: true }));
    await expectCode('PRECONDITION_FAILED', () => store.rename('a', 'b', { ifMatch: 'another' }));
    assert.equal(await store.readText('a'), 'a');
    assert.equal(await store.readText('b'), 'b');
  },
  'rename of an object to its own path keeps it': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    await store.rename('a', store.resolve('a'));
    expectBytes(await store.read('a'), allBytes);
  },
  'a copy or rename of an object onto itself is bound to its conditions': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'text');
    for (const move of ['copy', 'rename'] as const) {
      await expectCode('ALREADY_EXISTS', () => store[move]('a', 'a', { ifAbsent: true }));
      await expectCode('PRECONDITION_FAILED', () => store[move]('a', 'a', { ifMatch: 'another' }));
      await store[move]('a', 'a', { ifMatch: etag });
      assert.equal((await store.stat('a')).etag, etag, 'it is written anew');
    }
    assert.equal(await store.readText('a'), 'text');
  },
  'a copy with ifMatch is PRECONDITION_FAILED for another object, and keeps both': async ({
    component: store,
  }: Context) => {
    await store.write('a', 'a');
    const { etag } = await store.write('b', 'old');
    await store.write('b', 'mid');
    await expectCode('PRECONDITION_FAILED', () => store.copy('a', 'b', { ifMatch: etag }));
    await expectCode('PRECONDITION_FAILED', () => store.copy('a', 'c', { ifMatch: etag }));
    assert.equal(await store.readText('a'), 'a');
    assert.equal(await store.readText('b'), 'mid');
    assert.deepEqual(await paths(store.walk()), ['a', 'b']);
  },
  'a copy with ifMatch replaces the object of that etag': async ({ component: store }: Context) => {
    await store.write('a', 'a');
    const { etag } = await store.write('b', 'old');
    await store.copy('a', 'b', { ifMatch: etag });
    assert.equal(await store.readText('b'), 'a');
  },
  'a write to a copy leaves the original as it was': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    await store.copy('a', 'b');
    await store.write('b', 'new');
    assert.equal(await store.readText('a'), 'text');
    await store.remove('a');
    assert.equal(await store.readText('b'), 'new');
  },
  'a large object is copied and renamed byte for byte': async ({ component: store }: Context) => {
    const bytes = randomBytes(9 * megabyte + 1);
    await store.write('a', chunks(inParts(bytes, 500_000)));
    await store.copy('a', 'b');
    await store.rename('a', 'c');
    for (const key of ['b', 'c']) expectBytes(await store.read(key), bytes);
    assert.deepEqual(await paths(store.walk()), ['b', 'c']);
  },
  'a rename with ifAbsent or ifMatch moves where they hold': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    await store.rename('a', 'b', { ifAbsent: true });
    const { etag } = await store.write('c', 'old');
    await store.rename('b', 'c', { ifMatch: etag });
    assert.deepEqual(await paths(store.walk()), ['c']);
    assert.equal(await store.readText('c'), 'text');
  },
  'of copies with ifAbsent at once exactly one wins': async ({ component: store }: Context) => {
    const keys = Array.from({ length: 8 }, (_, index) => `from/${index}`);
    await Promise.all(keys.map((key) => store.write(key, key)));
    const results = await Promise.allSettled(keys.map((key) => store.copy(key, 'to', { ifAbsent: true })));
    const winners = keys.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} copies won`);
    assert.equal(await store.readText('to'), winners[0]);
  },
} satisfies ConformanceCases<ArtifactStore>;
