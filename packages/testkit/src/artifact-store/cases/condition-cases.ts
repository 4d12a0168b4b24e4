import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { chunks, inParts, megabyte } from './chunks.ts';
import { paths } from './listing.ts';

export const conditionCases = {
  'ifAbsent writes where nothing is': async ({ component: store }: Context) => {
    await store.write('a/b', 'new', { ifAbsent: true });
    assert.equal(await store.readText('a/b'), 'new');
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
  'ifAbsent is ALREADY_EXISTS where an object is, and keeps it': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await expectCode('ALREADY_EXISTS', () => store.write('a', 'new', { ifAbsent: true }));
    assert.equal(await store.readText('a'), 'old');
    assert.equal((await store.stat('a')).etag, etag);
  },
  'of writers with ifAbsent at once exactly one wins': async ({ component: store }: Context) => {
    const texts = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const results = await Promise.allSettled(texts.map((text) => store.write('a/b', text, { ifAbsent: true })));
    const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} writers won`);
    assert.equal(await store.readText('a/b'), winners[0]);
    for (const result of results) {
      if (result.status === 'rejected') await expectCode('ALREADY_EXISTS', () => Promise.reject(result.reason));
    }
  },
  'ifMatch replaces the object of that etag': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.write('a', 'new', { ifMatch: etag });
    assert.equal(await store.readText('a'), 'new');
  },
  'ifMatch is PRECONDITION_FAILED for an object that changed': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.write('a', 'mid');
    await expectCode('PRECONDITION_FAILED', () => store.write('a', 'new', { ifMatch: etag }));
    assert.equal(await store.readText('a'), 'mid');
  },
  'ifMatch is PRECONDITION_FAILED where nothing is': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.remove('a');
    await expectCode('PRECONDITION_FAILED', () => store.write('a', 'new', { ifMatch: etag }));
    assert.equal(await store.exists('a'), false);
  },
  'of writers with one etag at once exactly one wins': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    const texts = Array.from({ length: 10 }, (_, index) => `writer ${index}`);
    const results = await Promise.allSettled(texts.map((text) => store.write('a', text, { ifMatch: etag })));
    const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} writers won`);
    assert.equal(await store.readText('a'), winners[0]);
  },
  'an etag changes whenever the bytes do': async ({ component: store }: Context) => {
    const etags = new Set<string>();
    for (let count = 0; count < 30; count++) etags.add((await store.write('a', `text ${count % 10}`)).etag);
    assert.ok(etags.size >= 10, 'different bytes had one etag');
    const { etag } = await store.write('a', 'one');
    assert.notEqual((await store.write('a', 'two')).etag, etag);
    assert.equal((await store.stat('a')).etag, (await store.stat('a')).etag);
  },
  'ifAbsent together with ifMatch is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    const both = { ifAbsent: true, ifMatch: etag };
    await expectCode('ARGUMENT_INVALID', () => store.write('a', 'new', both));
    await expectCode('ARGUMENT_INVALID', () => store.write('a', chunks(['new']), both));
    await expectCode('ARGUMENT_INVALID', () => store.copy('a', 'b', both));
    await expectCode('ARGUMENT_INVALID', () => store.rename('a', 'b', both));
    assert.deepEqual(await paths(store.walk()), ['a']);
    assert.equal(await store.readText('a'), 'old');
  },
  'ifAbsent writes again where an object was removed': async ({ component: store }: Context) => {
    await store.write('a', 'one', { ifAbsent: true });
    await store.remove('a');
    await store.write('a', 'two', { ifAbsent: true });
    assert.equal(await store.readText('a'), 'two');
  },
  'a counter that many change under ifMatch loses no increment': async ({ component: store }: Context) => {
    await store.write('counter', '0');
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let added = 0; added < 4; ) {
          const { etag } = await store.stat('counter');
          const written = store
            .readText('counter', { ifMatch: etag })
            .then((text) => store.write('counter', `${Number(text) + 1}`, { ifMatch: etag }));
          const [result] = await Promise.allSettled([written]);
          if (result.status === 'fulfilled') added++;
          else await expectCode('PRECONDITION_FAILED', () => Promise.reject(result.reason));
        }
      }),
    );
    assert.equal(await store.readText('counter'), '24');
  },
  'a large write that is refused by its condition leaves nothing behind': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.write('a', 'mid');
    const large = () => chunks(inParts(Buffer.alloc(9 * megabyte, 'x'), 500_000));
    await expectCode('ALREADY_EXISTS', () => store.write('a', large(), { ifAbsent: true }));
    await expectCode('PRECONDITION_FAILED', () => store.write('a', large(), { ifMatch: etag }));
    assert.equal(await store.readText('a'), 'mid');
    assert.deepEqual(await store.collectGarbage({ olderThan: 0 }), []);
  },
} satisfies ConformanceCases<ArtifactStore>;
