import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { paths } from './listing.ts';

export const globCases = {
  '* and ? of a glob stay within a segment': async ({ component: store }: Context) => {
    for (const key of ['a.txt', 'ab.txt', 'a/b.txt', 'a/b.csv', 'b/c/d.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('*.txt')), ['a.txt', 'ab.txt']);
    assert.deepEqual(await paths(store.glob('?.txt')), ['a.txt']);
    assert.deepEqual(await paths(store.glob('*/*.txt')), ['a/b.txt']);
    assert.deepEqual(await paths(store.glob('a/b.???')), ['a/b.csv', 'a/b.txt']);
    assert.deepEqual(await paths(store.glob('a?b.txt')), []);
  },
  '** of a glob crosses segments': async ({ component: store }: Context) => {
    for (const key of ['a.txt', 'a/b.txt', 'a/b/c.txt', 'a/b/c.csv', 'd/e.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('**/*.txt')), ['a.txt', 'a/b.txt', 'a/b/c.txt', 'd/e.txt']);
    assert.deepEqual(await paths(store.glob('a/**')), ['a/b.txt', 'a/b/c.csv', 'a/b/c.txt']);
    assert.deepEqual(await paths(store.glob('a/**/c.*')), ['a/b/c.csv', 'a/b/c.txt']);
  },
  '[...] and {...} of a glob are a choice': async ({ component: store }: Context) => {
    for (const key of ['a1', 'a2', 'b1', 'c.csv', 'c.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('[ab]1')), ['a1', 'b1']);
    assert.deepEqual(await paths(store.glob('[!a]1')), ['b1']);
    assert.deepEqual(await paths(store.glob('c.{csv,txt}')), ['c.csv', 'c.txt']);
  },
  'a glob that begins literally finds what begins so': async ({ component: store }: Context) => {
    for (const key of ['a/b1', 'a/b2/c', 'a/c', 'ab/b1', 'b1']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('a/b*')), ['a/b1']);
    assert.deepEqual(await paths(store.glob('a/b*/*')), ['a/b2/c']);
    assert.deepEqual(await paths(store.glob('a/b**')), ['a/b1', 'a/b2/c']);
    assert.deepEqual(await paths(store.glob('a/b1')), ['a/b1']);
    assert.deepEqual(await paths(store.glob('a/b')), []);
  },
  'a glob may have the root before it, and none of another root': async ({ component: store }: Context) => {
    for (const key of ['a/b1', 'a/b2/c', 'b1']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob(`${store.root}/a/b*`)), ['a/b1']);
    assert.deepEqual(await paths(store.glob(`${store.root}/**/?1`)), ['a/b1', 'b1']);
    for (const pattern of ['other://a/*', '/*', `${store.root}-evil/*`]) {
      await expectCode('PATH_OUTSIDE_STORE', () => paths(store.glob(pattern)));
    }
  },
  'the other signs of a glob stand for themselves': async ({ component: store }: Context) => {
    const keys = ['$a^', 'a(b)', 'a+b', 'a.b', 'a\\d', 'a|b', 'axb'];
    for (const key of keys) await store.write(key, key);
    for (const key of keys) assert.deepEqual(await paths(store.glob(key)), [key]);
    assert.deepEqual(await paths(store.glob('a?b')), ['a+b', 'a.b', 'axb', 'a|b']);
  },
  '? of a glob is one character, also one of two code units': async ({ component: store }: Context) => {
    for (const key of ['\u{1F600}', 'ab', '\u00e9']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('?')), ['\u00e9', '\u{1F600}']);
  },
  'a glob that is none is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    for (const pattern of ['{a{b}', '[z-a]']) await expectCode('ARGUMENT_INVALID', () => paths(store.glob(pattern)));
  },
} satisfies ConformanceCases<ArtifactStore>;
