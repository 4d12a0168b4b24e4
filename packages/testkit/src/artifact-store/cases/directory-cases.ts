import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectTexts } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { byBytes, collect, kinds, paths } from './listing.ts';

export const directoryCases = {
  'the root is a directory, also when it is empty': async ({ component: store }: Context) => {
    assert.equal(await store.exists(''), true);
    assert.equal(await store.isDirectory(''), true);
    assert.equal(await store.isDirectory(store.root), true);
    assert.deepEqual(await paths(store.list()), []);
    assert.deepEqual(await paths(store.walk()), []);
  },
  'the root is no object': async ({ component: store }: Context) => {
    await expectCode('PATH_INVALID', () => store.read(''));
    await expectCode('PATH_INVALID', () => store.write(store.root, 'text'));
    await expectCode('PATH_INVALID', () => store.remove(''));
  },
  'a directory exists while something is below it': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    await store.write('a/d', 'text');
    assert.equal(await store.isDirectory('a/b'), true);
    await store.remove('a/b/c');
    assert.equal(await store.isDirectory('a/b'), false);
    assert.equal(await store.exists('a/b'), false);
    assert.deepEqual(await paths(store.list('a')), ['a/d']);
    await store.remove('a/d');
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.list()), []);
  },
  'an object is no directory': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    assert.equal(await store.isDirectory('a'), false);
    assert.deepEqual(await paths(store.list('a')), []);
    assert.deepEqual(await paths(store.walk('a')), []);
  },
  'an object may take the place of a directory that is gone': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    await store.remove('a/b/c');
    await store.write('a', 'text');
    assert.equal(await store.readText('a'), 'text');
  },
  'list gives what lies directly in a directory': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'a/c/e/f', 'g']) await store.write(key, key);
    assert.deepEqual(await kinds(store.list()), ['directory a', 'file g']);
    assert.deepEqual(await kinds(store.list('a')), ['file a/b', 'directory a/c']);
    assert.deepEqual(await kinds(store.list(`${store.root}/a/c`)), ['file a/c/d', 'directory a/c/e']);
  },
  'walk gives every object below a directory': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'a/c/e/f', 'g']) await store.write(key, key);
    assert.deepEqual(await kinds(store.walk()), ['file a/b', 'file a/c/d', 'file a/c/e/f', 'file g']);
    assert.deepEqual(await paths(store.walk('a/c')), ['a/c/d', 'a/c/e/f']);
  },
  'a directory that does not exist lists nothing': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.deepEqual(await paths(store.list('c')), []);
    assert.deepEqual(await paths(store.walk('a/c/d')), []);
  },
  'listings give the size and the time of each object': async ({ component: store }: Context) => {
    await store.write('a/b', 'four');
    const { size, modifiedAt } = await store.stat('a/b');
    const entries = [...(await collect(store.list('a'))), ...(await collect(store.walk()))];
    assert.deepEqual(entries, [
      { type: 'file', path: 'a/b', size, modifiedAt },
      { type: 'file', path: 'a/b', size, modifiedAt },
    ]);
  },
  'listings are in the order of the UTF-8 bytes of the keys': async ({ component: store }: Context) => {
    const keys = ['A', 'a!', 'a-b', 'a.txt', 'a/b', 'a/b.c', 'a0', 'aa/a', 'b', '~', '\u00e9', '\uFFFD', '\u{1F600}'];
    for (const key of keys.toReversed()) await store.write(key, key);
    expectTexts(await paths(store.walk()), keys);
    const direct = ['A', 'a!', 'a-b', 'a.txt', 'a', 'a0', 'aa', 'b', '~', '\u00e9', '\uFFFD', '\u{1F600}'];
    assert.deepEqual(await paths(store.list()), direct);
  },
  'a listing of more than 1,000 objects is complete and in order': async ({ component: store }: Context) => {
    const keys = Array.from({ length: 1203 }, (_, index) => `many/${String(index * 7919).padStart(8, '0')}`);
    for (const part of inGroups(keys, 50)) await Promise.all(part.map((key) => store.write(key, '')));
    expectTexts(await paths(store.list('many')), keys);
    expectTexts(await paths(store.walk()), keys);
    assert.deepEqual(await paths(store.list()), ['many']);
  },
  'a listing may be left before its end': async ({ component: store }: Context) => {
    for (const key of ['a', 'b', 'c']) await store.write(key, key);
    for await (const { path } of store.walk()) {
      assert.equal(path, 'a');
      break;
    }
    assert.deepEqual(await paths(store.walk()), ['a', 'b', 'c']);
  },
  'a directory is listed once, however much is below it': async ({ component: store }: Context) => {
    const keys = Array.from({ length: 60 }, (_, index) => `${'abc'[index % 3]}/${index % 5}/${index}`);
    await Promise.all(keys.map((key) => store.write(key, '')));
    assert.deepEqual(await kinds(store.list()), ['directory a', 'directory b', 'directory c']);
    assert.equal((await paths(store.list('b'))).length, 5);
    assert.equal((await paths(store.walk())).length, 60);
  },
  'a listing gives every object that is there all the while others write and remove': async ({
    component: store,
  }: Context) => {
    const stay = Array.from({ length: 200 }, (_, index) => `many/${String(index).padStart(4, '0')}-stays`);
    await Promise.all(stay.map((key) => store.write(key, '')));
    let isListing = true;
    const changing = (async () => {
      for (let count = 0; isListing; count = (count + 7) % 200) {
        const key = `many/${String(count).padStart(4, '0')}-goes`;
        await store.write(key, '');
        await store.remove(key);
      }
    })();
    try {
      for (let round = 0; round < 5; round++) {
        const found = await paths(store.walk('many'));
        assert.deepEqual(found, [...new Set(found)].sort(byBytes), 'an entry comes twice, or out of order');
        assert.deepEqual(
          found.filter((path) => path.endsWith('-stays')),
          stay,
        );
      }
    } finally {
      // Else it would go on beside all further cases of a store that fails this one.
      isListing = false;
      await changing;
    }
  },
  'a path with its URI lists as one without': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d']) await store.write(key, key);
    assert.deepEqual(await kinds(store.list(store.resolve('a'))), await kinds(store.list('a')));
    assert.deepEqual(await paths(store.walk(store.root)), ['a/b', 'a/c/d']);
  },
} satisfies ConformanceCases<ArtifactStore>;

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
