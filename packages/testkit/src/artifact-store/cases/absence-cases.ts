import assert from 'node:assert/strict';
import { type ArtifactStore, StackError } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import { type Context, casesWithHook } from './case-context.ts';
import { paths } from './listing.ts';
import { operations } from './operations.ts';

export const absenceCases = {
  'a missing object is NOT_FOUND': async ({ component: store }: Context) => {
    await store.write('b', 'text');
    for (const path of ['a', 'a/b', 'b/c', 'b/c/d']) {
      await expectCode('NOT_FOUND', () => store.read(path));
      await expectCode('NOT_FOUND', () => store.readText(path));
      await expectCode('NOT_FOUND', () => store.openRead(path));
      await expectCode('NOT_FOUND', () => store.stat(path));
      await expectCode('NOT_FOUND', () => store.size(path));
      await expectCode('NOT_FOUND', () => store.remove(path));
      await expectCode('NOT_FOUND', () => store.copy(path, 'c'));
      await expectCode('NOT_FOUND', () => store.rename(path, 'c'));
      await expectCode('NOT_FOUND', () => store.rename(path, path));
      assert.equal(await store.exists(path), false);
    }
    assert.deepEqual(await paths(store.walk()), ['b']);
  },
  'a directory is no object': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    await expectCode('NOT_FOUND', () => store.read('a'));
    await expectCode('NOT_FOUND', () => store.stat('a'));
    await expectCode('NOT_FOUND', () => store.remove('a'));
    await expectCode('NOT_FOUND', () => store.copy('a', 'c'));
    await expectCode('NOT_FOUND', () => store.rename('a', 'c'));
    assert.equal(await store.readText('a/b'), 'text');
  },
  'exists tells objects and directories from nothing': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.deepEqual(await Promise.all(['', 'a', 'a/b', 'a/b/c', 'a/c', 'b'].map((path) => store.exists(path))), [
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  },
  'the beginning of a key is no key and no directory': async ({ component: store }: Context) => {
    await store.write('abc', 'text');
    await store.write('directory-one/a', 'text');
    assert.equal(await store.exists('ab'), false);
    assert.equal(await store.isDirectory('ab'), false);
    assert.equal(await store.isDirectory('directory'), false);
    assert.deepEqual(await paths(store.list('directory')), []);
    assert.deepEqual(await paths(store.walk('directory')), []);
  },
} satisfies ConformanceCases<ArtifactStore>;

export const missingRootCases = casesWithHook('missingRoot', {
  'a root that is not there is ROOT_NOT_FOUND, whatever is asked': async ({ disposables }, missingRoot) => {
    const store = disposables.use(await missingRoot());
    for (const [name, operation] of Object.entries(operations(store, disposables))) {
      const error = await operation(undefined).catch((reason: unknown) => reason);
      assert.ok(StackError.is(error, 'ROOT_NOT_FOUND'), `${name} is ${StackError.is(error) ? error.code : error}`);
    }
  },
});
