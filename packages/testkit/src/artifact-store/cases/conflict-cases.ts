import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { paths } from './listing.ts';

export const conflictCases = {
  'a write to a directory is PATH_CONFLICT': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    for (const path of ['a', 'a/b']) {
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text'));
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text', { ifAbsent: true }));
    }
    assert.deepEqual(await paths(store.walk()), ['a/b/c']);
    assert.equal(await store.readText('a/b/c'), 'text');
  },
  'a write below an object is PATH_CONFLICT': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    for (const path of ['a/b', 'a/b/c']) {
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text'));
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text', { ifAbsent: true }));
    }
    assert.deepEqual(await paths(store.walk()), ['a']);
    assert.equal(await store.readText('a'), 'text');
  },
  'a copy or rename onto a directory is PATH_CONFLICT and loses nothing': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'c', 'd']) await store.write(key, key);
    await expectCode('PATH_CONFLICT', () => store.copy('c', 'a'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'a'));
    await expectCode('PATH_CONFLICT', () => store.copy('a/b', 'a'));
    await expectCode('PATH_CONFLICT', () => store.rename('a/b', 'a'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'd/e'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'c/e'));
    assert.deepEqual(await paths(store.walk()), ['a/b', 'c', 'd']);
    assert.equal(await store.readText('c'), 'c');
  },
} satisfies ConformanceCases<ArtifactStore>;
