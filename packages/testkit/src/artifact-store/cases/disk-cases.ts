import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '@stack/core';
import { expectCode } from '../../conformance/expect-code.ts';
import { type Context, casesWithHook, namesIn, temporaryFolder } from './case-context.ts';
import { paths } from './listing.ts';

/** A store on this disk, where others can put links and folders beside its objects. */
export const diskCases = casesWithHook('folderOf', {
  'a symbolic link below the root is PATH_OUTSIDE_STORE to read, and not followed': async (context, folderOf) => {
    const { component: store } = context;
    await layLinks(context, folderOf);
    for (const path of ['file-link', 'folder-link/secret', 'inner-link/b', 'loop', 'loop/a']) {
      await expectCode('PATH_OUTSIDE_STORE', () => store.read(path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.openRead(path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.stat(path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.copy(path, 'copied'));
    }
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
  'a symbolic link below the root is PATH_OUTSIDE_STORE to write, and not followed': async (context, folderOf) => {
    const { component: store } = context;
    const outside = await layLinks(context, folderOf);
    for (const path of ['file-link', 'folder-link/secret', 'folder-link/new', 'folder-link/new/a', 'loop/a']) {
      await expectCode('PATH_OUTSIDE_STORE', () => store.write(path, 'new'));
      await expectCode('PATH_OUTSIDE_STORE', () => store.write(path, 'new', { ifAbsent: true }));
      await expectCode('PATH_OUTSIDE_STORE', () => store.copy('a/b', path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.rename('a/b', path));
    }
    assert.deepEqual(await namesIn(outside), ['secret']);
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
    assert.equal(await store.readText('a/b'), 'a/b');
  },
  'a symbolic link below the root is not followed by listings': async (context, folderOf) => {
    const { component: store } = context;
    await layLinks(context, folderOf);
    assert.deepEqual(await paths(store.walk()), ['a/b']);
    assert.deepEqual(await paths(store.list()), ['a']);
    await expectCode('PATH_OUTSIDE_STORE', () => paths(store.list('folder-link')));
    await expectCode('PATH_OUTSIDE_STORE', () => paths(store.walk('folder-link')));
  },
  'a symbolic link below the root is not followed by removals': async (context, folderOf) => {
    const { component: store } = context;
    const outside = await layLinks(context, folderOf);
    await expectCode('PATH_OUTSIDE_STORE', () => store.remove('folder-link/secret'));
    await expectCode('PATH_OUTSIDE_STORE', () => store.removeMany(['folder-link/secret']));
    await expectCode('PATH_OUTSIDE_STORE', () => store.removeTree('folder-link'));
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
  },
  'no key leads out of the folder of the root': async (context, folderOf) => {
    const { component: store, disposables } = context;
    const name = `climbs-${randomUUID()}`;
    const keys = ['..\\', '..%2F', '%2e%2e/', '..;/', '.../', '.. /', '\u2025/', '\uff0e\uff0e/'].map(
      (dots) => dots + name,
    );
    for (const key of keys) {
      await store.write(key, key);
      assert.equal(await store.readText(key), key);
    }
    const upload = await temporaryFolder(disposables);
    await writeFile(join(upload, `..\\${name}`), 'text');
    await store.uploadDirectory(upload, 'up');
    const beside = await namesIn(join(folderOf(store.root), '..'));
    assert.deepEqual(
      beside.filter((found) => found.includes(name)),
      [],
    );
  },
  'files of names that no key can have, made by another program, are not there': async (context, folderOf) => {
    const { component: store, disposables } = context;
    await store.write('a/b', 'text');
    const folder = folderOf(store.root);
    for (const name of ['a\nb', 'a/\u001b', `a/${'x'.repeat(250)}`]) await writeFile(join(folder, name), 'text');
    assert.deepEqual(await paths(store.walk()), ['a/b']);
    assert.deepEqual(await paths(store.list()), ['a']);
    assert.deepEqual(await paths(store.glob('**')), ['a/b']);
    const download = await temporaryFolder(disposables);
    await store.downloadDirectory('', download);
    assert.deepEqual(await namesIn(download, { recursive: true }), ['a', join('a', 'b')]);
  },
  'folders without objects, made by another program, are not there': async (context, folderOf) => {
    const { component: store } = context;
    await store.write('a/b', 'text');
    await mkdir(join(folderOf(store.root), 'empty/below'), { recursive: true });
    assert.equal(await store.exists('empty'), false);
    assert.deepEqual(await paths(store.list()), ['a']);
    await store.write('empty', 'text', { ifAbsent: true });
    assert.equal(await store.readText('empty'), 'text');
  },
});

/** Puts links into the folder of a store: to a file and a folder outside, one to its own objects, and one to itself. */
async function layLinks(
  { component: store, disposables }: { readonly component: ArtifactStore } & Pick<Context, 'disposables'>,
  folderOf: (root: string) => string,
): Promise<string> {
  const outside = await temporaryFolder(disposables);
  await writeFile(join(outside, 'secret'), 'secret');
  await store.write('a/b', 'a/b');
  const folder = folderOf(store.root);
  await symlink(outside, join(folder, 'folder-link'));
  await symlink(join(outside, 'secret'), join(folder, 'file-link'));
  await symlink(join(folder, 'a'), join(folder, 'inner-link'));
  await symlink('loop', join(folder, 'loop'));
  return outside;
}
