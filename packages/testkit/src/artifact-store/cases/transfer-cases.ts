import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactStore, StackError } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import { type Context, namesIn, temporaryFolder } from './case-context.ts';
import { megabyte } from './chunks.ts';
import { byBytes, paths } from './listing.ts';

export const transferCases = {
  'a folder that is uploaded is downloaded as it was': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    const files = { 'a.txt': 'a', 'b/c.bin': 'c', 'b/d/ \u00e9 #1.txt': 'd', empty: '' };
    await mkdir(join(folder, 'from', 'b', 'd'), { recursive: true });
    await mkdir(join(folder, 'from', 'nothing'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'from', name), text);
    await store.uploadDirectory(join(folder, 'from'), 'up/here');
    assert.deepEqual(
      await paths(store.walk()),
      Object.keys(files)
        .map((name) => `up/here/${name}`)
        .sort(byBytes),
    );
    await store.write('up/hereafter', 'not below it');
    await store.downloadDirectory('up/here', join(folder, 'to'));
    assert.deepEqual(await namesIn(join(folder, 'to')), ['a.txt', 'b', 'empty']);
    for (const [name, text] of Object.entries(files)) {
      assert.equal(await readFile(join(folder, 'to', name), 'utf8'), text);
    }
  },
  'a symbolic link in a folder that is uploaded is refused': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    await symlink('/etc/passwd', join(folder, 'link'));
    await expectCode('ARGUMENT_INVALID', () => store.uploadDirectory(folder, 'a'));
    assert.deepEqual(await paths(store.walk()), []);
  },
  'a folder that cannot be uploaded as a whole is not uploaded at all': async ({
    component: store,
    disposables,
  }: Context) => {
    const folder = await temporaryFolder(disposables);
    await writeFile(join(folder, 'a'), 'a');
    await mkdir(join(folder, 'z'));
    await symlink('/etc/passwd', join(folder, 'z', 'link'));
    await expectCode('ARGUMENT_INVALID', () => store.uploadDirectory(folder, 'up'));
    await expectCode('PATH_INVALID', () => store.uploadDirectory(folder, '../up'));
    await expectCode('FILE_NOT_FOUND', () => store.uploadDirectory(join(folder, 'nothing'), 'up'));
    assert.deepEqual(await paths(store.walk()), []);
  },
  'a folder is not uploaded at all where objects are in the way of its files': async ({
    component: store,
    disposables,
  }: Context) => {
    const folder = await temporaryFolder(disposables);
    await mkdir(join(folder, 'b'));
    for (const file of ['a', 'b/c', 'd']) await writeFile(join(folder, file), file);
    for (const key of ['up/a/below', 'up/b', 'up/d', 'up/e/f', 'file']) await store.write(key, 'old');
    const error = await store.uploadDirectory(folder, 'up').catch((reason: unknown) => reason);
    assert.ok(StackError.is(error, 'PATH_CONFLICT'), `it is ${error}`);
    assert.deepEqual(error.problems.map(({ path }) => path).toSorted(), ['up/a', 'up/b']);
    await expectCode('PATH_CONFLICT', () => store.uploadDirectory(folder, 'file'));
    await expectCode('PATH_CONFLICT', () => store.uploadDirectory(folder, 'up/d/below'));
    for (const key of ['up/a/below', 'up/b', 'up/d', 'up/e/f', 'file']) assert.equal(await store.readText(key), 'old');
    assert.equal((await paths(store.walk())).length, 5);
    await store.removeMany(['up/a/below', 'up/b']);
    await store.uploadDirectory(folder, 'up');
    assert.deepEqual(await paths(store.walk()), ['file', 'up/a', 'up/b/c', 'up/d', 'up/e/f']);
  },
  'a download replaces files, and leaves no others': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    const large = randomBytes(megabyte);
    await store.write('down/a', 'new');
    await store.write('down/b/large', large);
    await writeFile(join(folder, 'a'), 'old and longer');
    await store.downloadDirectory('down', folder, { concurrency: 1 });
    assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'new');
    expectBytes(await readFile(join(folder, 'b', 'large')), large);
    assert.deepEqual(await namesIn(folder, { recursive: true }), ['a', 'b', join('b', 'large')]);
  },
  'an aborted upload or download of a folder is ABORTED': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    await writeFile(join(folder, 'a'), 'a');
    await store.write('down/b', 'b');
    const signal = AbortSignal.abort();
    await expectCode('ABORTED', () => store.uploadDirectory(folder, 'up', { signal }));
    await expectCode('ABORTED', () => store.downloadDirectory('down', folder, { signal }));
    assert.deepEqual(await paths(store.walk()), ['down/b']);
    assert.deepEqual(await namesIn(folder), ['a']);
  },
  'files of every size go up and down byte for byte, however many at once': async ({
    component: store,
    disposables,
  }: Context) => {
    const folder = await temporaryFolder(disposables);
    const sizes = [0, 1, 65_536, 262_143, 262_144, 262_145, megabyte + 1];
    const files = new Map(sizes.map((size) => [`file-${size}`, randomBytes(size)]));
    await mkdir(join(folder, 'from'));
    for (const [name, bytes] of files) await writeFile(join(folder, 'from', name), bytes);
    for (const concurrency of [1, 20]) {
      await store.uploadDirectory(join(folder, 'from'), `up/${concurrency}`, { concurrency });
      await store.downloadDirectory(`up/${concurrency}`, join(folder, `to-${concurrency}`), { concurrency });
      for (const [name, bytes] of files) {
        expectBytes(await store.read(`up/${concurrency}/${name}`), bytes, `${name} in the store`);
        expectBytes(await readFile(join(folder, `to-${concurrency}`, name)), bytes, `${name} on the disk`);
      }
    }
  },
  'an upload replaces objects, and leaves others': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    await writeFile(join(folder, 'a'), 'new');
    await store.write('up/a', 'old and longer');
    await store.write('up/b', 'other');
    await store.uploadDirectory(folder, 'up');
    assert.equal(await store.readText('up/a'), 'new');
    assert.equal(await store.readText('up/b'), 'other');
  },
  'the root of a store is uploaded to and downloaded as any directory': async ({
    component: store,
    disposables,
  }: Context) => {
    const folder = await temporaryFolder(disposables);
    await mkdir(join(folder, 'from', 'b'), { recursive: true });
    await writeFile(join(folder, 'from', 'b', 'c'), 'text');
    await store.uploadDirectory(join(folder, 'from'), '');
    assert.deepEqual(await paths(store.walk()), ['b/c']);
    await store.downloadDirectory(store.root, join(folder, 'to'));
    assert.equal(await readFile(join(folder, 'to', 'b', 'c'), 'utf8'), 'text');
  },
} satisfies ConformanceCases<ArtifactStore>;
