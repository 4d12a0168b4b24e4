import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type ArtifactStore, addMaskedValue, StackError } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { chunks, failingChunks, inParts, megabyte, settlingTime } from './chunks.ts';
import { paths } from './listing.ts';
import { operations } from './operations.ts';
import { halfWritten, readDuringWrites, sizeOfHalfWritten } from './writes-under-way.ts';

export const atomicityCases = {
  'a reader during a write sees the old bytes or the new ones': async ({ component: store }: Context) => {
    await readDuringWrites(store, store);
  },
  'an object is not seen before it is complete': async ({ component: store }: Context) => {
    const finish = await halfWritten(store, 'a/b');
    assert.equal(await store.exists('a/b'), false);
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.walk()), []);
    assert.deepEqual(await paths(store.list()), []);
    await expectCode('NOT_FOUND', () => store.read('a/b'));
    await finish();
    assert.equal(await store.size('a/b'), sizeOfHalfWritten);
  },
  'an object being replaced keeps its old bytes': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    const finish = await halfWritten(store, 'a');
    assert.equal(await store.readText('a'), 'old');
    await finish();
    assert.equal(await store.size('a'), sizeOfHalfWritten);
  },
  'a write whose source fails rejects with the error of the source': async ({ component: store }: Context) => {
    const failure = Object.assign(new Error('the source failed'), { code: 'ENOENT' });
    await assert.rejects(store.write('a', failingChunks(failure)), failure);
    const stream = new Readable({ read() {} });
    stream.destroy(failure);
    await assert.rejects(store.write('a', stream), failure);
    // Errors of the store have no secrets in them; this one is none.
    addMaskedValue('a secret of the source');
    const withSecret = Object.assign(new Error('not with a secret of the source'), { code: 'ENOENT' });
    await assert.rejects(store.write('a', failingChunks(withSecret)), withSecret);
  },
  'a write whose source fails leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    await assert.rejects(store.write('a', failingChunks(new Error('the source failed'))));
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'a write whose source fails leaves nothing where nothing was': async ({ component: store }: Context) => {
    await assert.rejects(store.write('a/b/c', failingChunks(new Error('the source failed'))));
    assert.equal(await store.exists('a/b/c'), false);
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.walk()), []);
  },
  'an aborted write is ABORTED and leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    const controller = new AbortController();
    const source = (async function* () {
      yield randomBytes(megabyte);
      controller.abort();
      await nextTurn();
      yield randomBytes(megabyte);
    })();
    await expectCode('ABORTED', () => store.write('a', source, { signal: controller.signal }));
    assert.equal(await store.readText('a'), 'old');
  },
  'an aborted write whose source never goes on is ABORTED all the same': async ({ component: store }: Context) => {
    const controller = new AbortController();
    const source = new Readable({ read() {} });
    source.push('begins');
    setTimeout(() => controller.abort(), 20);
    await expectCode('ABORTED', () => store.write('a', source, { signal: controller.signal }));
    assert.equal(await store.exists('a'), false);
  },
  'a destroyed stream leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    for (const key of ['a', 'b']) {
      const atOnce = await store.openWrite(key);
      const stream = await store.openWrite(key);
      const ends = [atOnce, stream].map((one) => assert.rejects(finished(one)));
      atOnce.destroy();
      stream.write(randomBytes(megabyte));
      await nextTurn();
      stream.destroy(new Error('given up'));
      await Promise.all(ends);
    }
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'a signal that is aborted already is ABORTED and changes nothing': async ({
    component: store,
    disposables,
  }: Context) => {
    await store.write('a', 'old');
    for (const [name, operation] of Object.entries(operations(store, disposables))) {
      const error = await operation(AbortSignal.abort()).catch((reason: unknown) => reason);
      assert.ok(StackError.is(error, 'ABORTED'), `${name} is ${StackError.is(error) ? error.code : error}`);
    }
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'an abort after the end changes nothing': async ({ component: store, disposables }: Context) => {
    await store.write('a', 'old');
    const controller = new AbortController();
    for (const name of ['read', 'write', 'write of a stream', 'stat', 'walk', 'copy'] as const) {
      await operations(store, disposables)[name]?.(controller.signal);
    }
    controller.abort();
    await nextTurn();
    assert.deepEqual(await paths(store.walk()), ['a', 'b', 'c', 'd']);
    assert.equal(await store.readText('b'), 'new');
  },
  'an abort ends a listing that has begun': async ({ component: store }: Context) => {
    for (const key of ['a', 'b', 'c']) await store.write(key, key);
    const controller = new AbortController();
    const found: string[] = [];
    await expectCode('ABORTED', async () => {
      for await (const { path } of store.walk('', { signal: controller.signal })) {
        found.push(path);
        controller.abort();
      }
    });
    assert.deepEqual(found, ['a']);
  },
  'of many writes under one signal an abort leaves whole objects alone': async ({ component: store }: Context) => {
    const controller = new AbortController();
    const { signal } = controller;
    const version = Buffer.alloc(megabyte, 'x');
    const writes = Array.from({ length: 8 }, async (_, index) => {
      if (index === 4) controller.abort();
      await store.write(`many/${index}`, chunks(inParts(version, 100_000), true), { signal });
    });
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'rejected') await expectCode('ABORTED', () => Promise.reject(result.reason));
    }
    await delay(settlingTime);
    for (const path of await paths(store.walk())) expectBytes(await store.read(path), version, path);
    assert.deepEqual(await store.collectGarbage({ olderThan: 0 }), []);
  },
  'an abort ends a read that has begun': async ({ component: store }: Context) => {
    await store.write('a', randomBytes(4 * megabyte));
    const controller = new AbortController();
    const stream = await store.openRead('a', { signal: controller.signal });
    await expectCode('ABORTED', async () => {
      for await (const _ of stream) controller.abort();
    });
  },
  'of writers of one object at once one wins as a whole': async ({ component: store }: Context) => {
    const versions = Array.from({ length: 12 }, (_, index) => Buffer.alloc(200_000 + index, index));
    await Promise.all(versions.map((version) => store.write('a/b', chunks(inParts(version, 30_000), true))));
    const bytes = await store.read('a/b');
    assert.ok(
      versions.some((version) => version.equals(bytes)),
      'the object is a mixture',
    );
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
} satisfies ConformanceCases<ArtifactStore>;
