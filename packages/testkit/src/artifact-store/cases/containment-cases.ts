import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { paths } from './listing.ts';

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
    const tooLong = ['x'.repeat(241), '\u00e9'.repeat(121), `${'x'.repeat(99)}/`.repeat(9).concat('x')];
    const controls = ['a\0b', 'a\nb', 'a\rb', '\t', 'a\u001bb', 'a\u001f'];
    for (const path of ['a//b', 'a/', '\uD800', ...controls, ...tooLong, `${'d/'.repeat(240)}d`]) {
      await expectCode('PATH_INVALID', () => store.write(path, 'text'));
      await expectCode('PATH_INVALID', () => store.exists(path));
    }
  },
  'the name of a folder that a store uses itself is a key like others': async ({ component: store }: Context) => {
    for (const key of ['.stack-staging', 'a/.stack-staging']) await store.write(key, key);
    assert.deepEqual(await paths(store.walk()), ['.stack-staging', 'a/.stack-staging']);
    assert.equal(await store.readText('.stack-staging'), '.stack-staging');
    await store.collectGarbage({ olderThan: 0 });
    await store.remove('.stack-staging');
    assert.deepEqual(await paths(store.walk()), ['a/.stack-staging']);
  },
  'a path relative to the root may look like a URI of its own': async ({ component: store }: Context) => {
    for (const key of ['C:/a', 'file:a', 's3:/a', 'http:a/b']) {
      await store.write(key, key);
      assert.equal(await store.readText(store.resolve(key)), key);
    }
    await expectCode('PATH_OUTSIDE_STORE', () => store.write('http://a/b', 'text'));
  },
} satisfies ConformanceCases<ArtifactStore>;
