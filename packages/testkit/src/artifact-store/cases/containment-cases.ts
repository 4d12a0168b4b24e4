import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { byBytes, paths } from './listing.ts';
import { oddKeys } from './odd-keys.ts';

export const containmentCases = {
  'a path is a URI below the root, or is relative to it': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.equal(store.resolve('a/b'), `${store.root}/a/b`);
    assert.equal(await store.readText(store.resolve('a/b')), 'text');
    await store.write(`${store.root}/c`, 'more');
    assert.equal(await store.readText('c'), 'more');
    assert.deepEqual(await paths(store.walk(`${store.root}/a`)), ['a/b']);
  },
  'a path of another root is PATH_OUTSIDE_STORE': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    for (const path of [`${store.root}-evil/a`, '/etc/passwd', 'other://bucket/a', '/']) {
      await expectCode('PATH_OUTSIDE_STORE', () => store.read(path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.write(path, 'text'));
      await expectCode('PATH_OUTSIDE_STORE', () => store.copy('a', path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.removeTree(path));
      await expectCode('PATH_OUTSIDE_STORE', () => paths(store.list(path)));
    }
  },
  'a path with .. is PATH_INVALID': async ({ component: store }: Context) => {
    for (const path of ['..', '../a', 'a/../b', 'a/..', `${store.root}/../a`, './a', 'a/.']) {
      await expectCode('PATH_INVALID', () => store.read(path));
      await expectCode('PATH_INVALID', () => store.write(path, 'text'));
      await expectCode('PATH_INVALID', () => store.remove(path));
      await expectCode('PATH_INVALID', () => paths(store.walk(path)));
    }
    assert.deepEqual(await paths(store.walk()), []);
  },
  'a path that no backend can hold is PATH_INVALID': async ({ component: store }: Context) => {
    const tooLong = Array.from({ length: 10 }, () => 'x'.repeat(99)).join('/');
    for (const path of ['a//b', 'a/', 'a\0b', '\uD800', 'x'.repeat(241), '\u00e9'.repeat(121), tooLong]) {
      await expectCode('PATH_INVALID', () => store.write(path, 'text'));
      await expectCode('PATH_INVALID', () => store.exists(path));
    }
  },
  'odd keys are kept byte for byte': async ({ component: store }: Context) => {
    for (const key of oddKeys.filter((candidate) => candidate !== '.stack-staging')) await store.write(key, key);
    for (const key of oddKeys.filter((candidate) => candidate !== '.stack-staging')) {
      assert.equal(await store.readText(key), key, `the object ${JSON.stringify(key)} has the bytes of another`);
    }
    const expected = oddKeys.filter((key) => key !== '.stack-staging').sort(byBytes);
    assert.deepEqual(await paths(store.walk()), expected);
    await store.removeTree('.stack-staging');
    await store.write('.stack-staging', 'text');
    assert.ok((await paths(store.list())).includes('.stack-staging'));
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
  },
} satisfies ConformanceCases<ArtifactStore>;
