import assert from 'node:assert/strict';
import type { ArtifactStore, ListEntry } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { paths } from './listing.ts';

export const removalCases = {
  'remove takes one object away': async ({ component: store }: Context) => {
    for (const key of ['a', 'ab', 'b/c', 'b/d']) await store.write(key, key);
    await store.remove('a');
    await store.remove('b/c');
    assert.deepEqual(await paths(store.walk()), ['ab', 'b/d']);
    await expectCode('NOT_FOUND', () => store.remove('a'));
  },
  'removeTree removes what is below a directory and nothing else': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'ab/c', 'a-b', 'b']) await store.write(key, key);
    await store.removeTree('a');
    assert.deepEqual(await paths(store.walk()), ['a-b', 'ab/c', 'b']);
    assert.equal(await store.exists('a'), false);
    await store.removeTree('b');
    assert.deepEqual(await paths(store.walk()), ['a-b', 'ab/c']);
  },
  'removeTree of the root empties the store': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'c']) await store.write(key, key);
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
    await store.write('a', 'text');
    assert.equal(await store.readText('a'), 'text');
  },
  'removeTree of nothing is no error': async ({ component: store }: Context) => {
    await store.removeTree('a/b');
    await store.removeTree('');
  },
  'removals and writes in one directory at once lose nothing': async ({ component: store }: Context) => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, worker) => {
        for (let round = 0; round < 15; round++) {
          await store.write(`a/b/c/${worker}`, `${worker}-${round}`);
          assert.equal(await store.readText(`a/b/c/${worker}`), `${worker}-${round}`);
          await store.remove(`a/b/c/${worker}`);
        }
      }),
    );
    assert.deepEqual(await paths(store.walk()), []);
    assert.equal(await store.exists('a'), false);
  },
  'removeMany removes many objects and nothing else': async ({ component: store }: Context) => {
    for (const key of ['a', 'a-b', 'b/c', 'b/d', 'e']) await store.write(key, key);
    await store.removeMany(['a', 'b/d', store.resolve('e'), store.resolve('a')]);
    assert.deepEqual(await paths(store.walk()), ['a-b', 'b/c']);
  },
  'removeMany of what is not there is no error': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    await store.removeMany(['nothing', 'a', 'a/b/c']);
    await store.removeMany([]);
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
  'removeMany removes more than 1,000 objects of a listing': async ({ component: store }: Context) => {
    const keys = Array.from({ length: 1050 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    for (let start = 0; start < keys.length; start += 50) {
      await Promise.all(keys.slice(start, start + 50).map((key) => store.write(key, '')));
    }
    await store.write('other', '');
    await store.removeMany(pathsOf(store.walk('many')));
    assert.deepEqual(await paths(store.walk()), ['other']);
  },
} satisfies ConformanceCases<ArtifactStore>;

async function* pathsOf(entries: AsyncIterable<ListEntry>): AsyncIterable<string> {
  for await (const { path } of entries) yield path;
}
