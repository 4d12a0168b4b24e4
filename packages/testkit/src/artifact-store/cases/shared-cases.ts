import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import { casesWithHook } from './case-context.ts';
import { allBytes, chunks, inParts, megabyte } from './chunks.ts';
import { expectSameStat } from './expect-same-stat.ts';
import { paths } from './listing.ts';
import { readDuringWrites } from './writes-under-way.ts';

/** Two components with one root, as two processes have them. */
export const sharedCases = casesWithHook('reopen', {
  'what one component writes another one reads at once': async ({ component: store, disposables }, reopen) => {
    const other = disposables.use(await reopen(store.root));
    for (const text of ['one', 'two', 'three']) {
      const written = await store.write('a/b', text);
      assert.equal(await other.readText('a/b'), text);
      expectSameStat(await other.stat('a/b'), written);
      assert.deepEqual(await paths(other.walk()), ['a/b']);
    }
  },
  'what one component removes or renames is gone for another one at once': async (
    { component: store, disposables },
    reopen,
  ) => {
    const other = disposables.use(await reopen(store.root));
    for (const key of ['a', 'b/c', 'd']) await store.write(key, key);
    assert.deepEqual(await paths(other.walk()), ['a', 'b/c', 'd']);
    assert.deepEqual(await paths(other.list()), ['a', 'b', 'd']);
    assert.equal(await other.readText('a'), 'a');
    await store.remove('a');
    await store.rename('b/c', 'e');
    await expectCode('NOT_FOUND', () => other.read('a'));
    await expectCode('NOT_FOUND', () => other.stat('a'));
    assert.equal(await other.exists('b'), false);
    assert.deepEqual(await paths(other.list()), ['d', 'e']);
    assert.deepEqual(await paths(other.walk()), ['d', 'e']);
  },
  'objects outlive the component that wrote them': async ({ component: store, createAnother }, reopen) => {
    const { root } = await createAnother();
    {
      await using first = await reopen(root);
      await first.write('a', allBytes);
    }
    await using second = await reopen(root);
    expectBytes(await second.read('a'), allBytes);
    assert.equal(await store.exists('a'), false);
    await second.removeTree('');
  },
  'a component that is disposed disturbs no other one of its root': async (
    { component: store, disposables },
    reopen,
  ) => {
    const other = await reopen(store.root);
    const large = disposables.use(await reopen(store.root));
    const writing = large.write('large', chunks(inParts(Buffer.alloc(megabyte, 'x'), 50_000), true));
    // Looked at below, and not to be missed when something else fails before.
    writing.catch(() => {});
    await other.write('a', 'text');
    await other[Symbol.asyncDispose]();
    await writing;
    assert.equal(await store.readText('a'), 'text');
    assert.equal(await store.size('large'), megabyte);
  },
  'what another component wrote two seconds ago is in the way': async ({ component: store, disposables }, reopen) => {
    const other = disposables.use(await reopen(store.root));
    for (const key of ['a/1', 'a/2', 'a/3']) await store.write(key, key);
    for (const key of ['a/directory/b', 'a/object']) await other.write(key, key);
    await delay(2_000);
    await expectCode('PATH_CONFLICT', () => store.write('a/directory', 'text'));
    await expectCode('PATH_CONFLICT', () => store.write('a/object/b', 'text'));
    await store.removeMany(['a/1', 'a/2', 'a/3']);
    assert.deepEqual(await paths(store.walk()), ['a/directory/b', 'a/object']);
  },
  'two components in the way of each other at once lose no object': async (
    { component: store, disposables },
    reopen,
  ) => {
    const other = disposables.use(await reopen(store.root));
    for (const keys of [
      ['a', 'a/b'],
      ['c/d', 'c/d/e/f'],
      ['c/g', 'c/g/h'],
    ]) {
      const results = await Promise.allSettled(
        keys.map((key, index) => (index === 0 ? store : other).write(key, `at ${key}`)),
      );
      for (const result of results) {
        if (result.status === 'rejected') await expectCode('PATH_CONFLICT', () => Promise.reject(result.reason));
      }
      const written = keys.filter((_, index) => results[index]?.status === 'fulfilled');
      for (const path of written) assert.equal(await store.readText(path), `at ${path}`);
      // A server may leave what lies below an object out of listings.
      for (const path of await paths(other.walk())) assert.ok(written.includes(path), `nobody wrote ${path}`);
      await other.removeMany(written);
      for (const path of keys) assert.equal(await store.exists(path), false);
    }
  },
  'of writers with ifAbsent in two components exactly one wins': async ({ component: store, disposables }, reopen) => {
    const other = disposables.use(await reopen(store.root));
    const writers = Array.from({ length: 16 }, (_, index) => ({ writer: index % 2 ? store : other, text: `${index}` }));
    const results = await Promise.allSettled(
      writers.map(({ writer, text }) => writer.write('a/b', text, { ifAbsent: true })),
    );
    const winners = writers.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} writers won`);
    assert.equal(await store.readText('a/b'), winners[0]?.text);
  },
  'a counter that two components change under ifMatch loses no increment': async (
    { component: store, disposables },
    reopen,
  ) => {
    const other = disposables.use(await reopen(store.root));
    await store.write('counter', '0');
    await Promise.all(
      [store, other, store, other].map(async (writer) => {
        for (let added = 0; added < 5; ) {
          const { etag } = await writer.stat('counter');
          const read = writer.readText('counter', { ifMatch: etag });
          const written = read.then((text) => writer.write('counter', `${Number(text) + 1}`, { ifMatch: etag }));
          const code = await written.then(
            () => undefined,
            (error: { readonly code?: unknown }) => error.code,
          );
          if (code === undefined) added++;
          else assert.equal(code, 'PRECONDITION_FAILED');
        }
      }),
    );
    assert.equal(await store.readText('counter'), '20');
  },
  'a reader in another component sees the old bytes or the new ones': async (
    { component: store, disposables },
    reopen,
  ) => {
    const other = disposables.use(await reopen(store.root));
    await readDuringWrites(store, other);
  },
});
