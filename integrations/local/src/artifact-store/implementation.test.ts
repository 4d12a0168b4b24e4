import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type ArtifactStore, createComponent, defineFlavor, type ListEntry } from '@stack/core';
import { type ArtifactStoreCase, checkArtifactStore } from '@stack/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { localArtifactStoreConfigSchema } from './config.ts';
import { localArtifactStoreFlavor } from './flavor.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-local-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function open(path: string, baseDirectory?: string): Promise<ArtifactStore> {
  return createComponent(localArtifactStoreFlavor, {
    name: 'files',
    config: { path },
    ...(baseDirectory === undefined ? {} : { baseDirectory }),
  });
}

/** No permission keeps root from anything, so that root becomes the owner-less user 65534 for a while. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  await chown(folder, 65_534, 65_534);
  for (const entry of await readdir(folder, { recursive: true })) await chown(join(folder, entry), 65_534, 65_534);
  process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

async function keysOf(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { path } of entries) keys.push(path);
  return keys;
}

describe('the root', () => {
  test('is relative to the base directory', async () => {
    const store = await open('.stack/artifacts', folder);
    expect(store.root).toBe(join(folder, '.stack/artifacts'));
  });

  test('may be a file URL, and so may a path', async () => {
    const root = join(folder, 'with space');
    const store = await open(pathToFileURL(root).href);
    expect(store.root).toBe(root);
    await store.write('a b', 'text');
    expect(await store.readText(`${pathToFileURL(root).href}/a%20b`)).toBe('text');
    await expect(store.read(pathToFileURL(join(folder, 'with space-evil/a')).href)).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_STORE',
    });
  });

  test('that is the URL of another host is PATH_INVALID', async () => {
    await expect(open('file://host/path')).rejects.toMatchObject({ code: 'PATH_INVALID' });
  });

  test('is made by the first write, not before', async () => {
    const root = join(folder, 'deep/root');
    const store = await open(root);
    expect(await keysOf(store.walk())).toEqual([]);
    expect(await store.exists('a')).toBe(false);
    await expect(store.read('a')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await store.removeTree('');
    expect(existsSync(join(folder, 'deep'))).toBe(false);
    await store.write('a', 'text');
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('text');
  });

  test('that was removed is made again', async () => {
    const store = await open(join(folder, 'root'));
    await store.write('a', 'text');
    await rm(join(folder, 'root'), { recursive: true });
    expect(await store.exists('a')).toBe(false);
    await store.write('b', 'text');
    expect(await keysOf(store.walk())).toEqual(['b']);
  });

  test('that is a file is ROOT_NOT_FOUND', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of ['file', 'file/below']) {
      const store = await open(join(folder, path));
      for (const operation of [
        () => store.write('a', 'text'),
        () => store.read('a'),
        () => store.exists('a'),
        () => keysOf(store.walk()),
        () => store.removeTree(''),
        () => store.collectGarbage(),
      ]) {
        await expect(operation()).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
      }
    }
  });

  test('may be a symbolic link', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    const store = await open(join(folder, 'link'));
    await store.write('a/b', 'text');
    expect(await readFile(join(folder, 'real/a/b'), 'utf8')).toBe('text');
    expect(await store.readText('a/b')).toBe('text');
    expect(await keysOf(store.walk())).toEqual(['a/b']);
  });
});

describe('a symbolic link below the root is refused', () => {
  let store: ArtifactStore;

  beforeEach(async () => {
    store = await open(join(folder, 'root'));
    await store.write('inside/a', 'inside');
    await mkdir(join(folder, 'outside/sub'), { recursive: true });
    await writeFile(join(folder, 'outside/secret'), 'secret');
    await symlink(join(folder, 'outside'), join(folder, 'root/directory-link'));
    await symlink(join(folder, 'outside/secret'), join(folder, 'root/file-link'));
    await symlink(join(folder, 'root/inside'), join(folder, 'root/inner-link'));
    await symlink('loop', join(folder, 'root/loop'));
  });

  const refused = { code: 'PATH_OUTSIDE_STORE' };

  test.each(['directory-link/secret', 'file-link', 'inner-link/a', 'loop', 'loop/a'])('%s', async (path) => {
    await expect(store.read(path)).rejects.toMatchObject(refused);
    await expect(store.stat(path)).rejects.toMatchObject(refused);
    await expect(store.exists(path)).rejects.toMatchObject(refused);
    await expect(store.write(path, 'new')).rejects.toMatchObject(refused);
    await expect(store.write(path, 'new', { ifAbsent: true })).rejects.toMatchObject(refused);
    await expect(store.copy('inside/a', path)).rejects.toMatchObject(refused);
    await expect(store.rename(path, 'b')).rejects.toMatchObject(refused);
    await expect(store.remove(path)).rejects.toMatchObject(refused);
    expect(await readFile(join(folder, 'outside/secret'), 'utf8')).toBe('secret');
    expect(await store.readText('inside/a')).toBe('inside');
  });

  test('in a listing and in removeTree', async () => {
    await expect(keysOf(store.list('directory-link'))).rejects.toMatchObject(refused);
    await expect(keysOf(store.walk('directory-link/sub'))).rejects.toMatchObject(refused);
    await expect(store.removeTree('directory-link')).rejects.toMatchObject(refused);
    expect(await keysOf(store.walk())).toEqual(['inside/a']);
    await store.removeTree('');
    expect(await readFile(join(folder, 'outside/secret'), 'utf8')).toBe('secret');
  });

  test('where directories would have to be made', async () => {
    await expect(store.write('directory-link/new/a', 'text')).rejects.toMatchObject(refused);
    await expect(store.write('directory-link/sub/new/a', 'text')).rejects.toMatchObject(refused);
    expect(await readdir(join(folder, 'outside'))).toEqual(['secret', 'sub']);
    expect(await readdir(join(folder, 'outside/sub'))).toEqual([]);
  });

  test('as the staging folder', async () => {
    await mkdir(join(folder, 'other'));
    await symlink(join(folder, 'outside'), join(folder, 'other/.stack-staging'));
    const other = await open(join(folder, 'other'));
    await expect(other.write('a', 'text')).rejects.toMatchObject(refused);
  });
});

test.skipIf(process.platform !== 'linux')(
  'a directory that is swapped for a link at any moment is not left',
  async () => {
    const store = await open(join(folder, 'root'));
    await store.write('a/b/object', 'inside');
    await mkdir(join(folder, 'outside/b'), { recursive: true });
    for (const name of ['object', 'other']) await writeFile(join(folder, 'outside/b', name), 'secret');
    const [directory, aside] = [join(folder, 'root/a'), join(folder, 'aside')];
    const swapper = new Worker(
      `const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
    const { directory, aside, target } = require('node:worker_threads').workerData;
    for (;;) {
      try { renameSync(directory, aside); symlinkSync(target, directory); unlinkSync(directory); } catch {}
      try { renameSync(aside, directory); } catch {}
    }`,
      { eval: true, workerData: { directory, aside, target: join(folder, 'outside') } },
    );
    const seen = new Set<string>();
    const note = (text: string) => void seen.add(text);
    for (let round = 0; round < 300; round++) {
      const operations = [
        store.write('a/b/object', 'inside'),
        store.write(`a/b/new-${round}`, 'inside', { ifAbsent: true }),
        store.readText('a/b/object').then(note),
        store.readText('a/b/other').then(note),
        store.remove('a/b/other'),
        store.rename('a/b/other', 'moved'),
        keysOf(store.walk('a')).then((keys) => keys.forEach(note)),
      ];
      await Promise.allSettled(operations);
    }
    await swapper.terminate();
    expect((await readdir(join(folder, 'outside/b'))).sort()).toEqual(['object', 'other']);
    for (const name of ['object', 'other'])
      expect(await readFile(join(folder, 'outside/b', name), 'utf8')).toBe('secret');
    expect(seen).toContain('inside');
    expect([...seen].filter((text) => text === 'secret' || text === 'a/b/other')).toEqual([]);
  },
);

describe('the staging folder', () => {
  test('is empty after writes that succeeded, failed and were aborted', async () => {
    const store = await open(folder);
    const controller = new AbortController();
    await store.write('a', 'text');
    await expect(store.write('a', 'text', { ifAbsent: true })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await expect(store.write('a/b', 'text')).rejects.toMatchObject({ code: 'PATH_CONFLICT' });
    const source = (async function* () {
      yield 'begins';
      controller.abort();
      yield 'goes on';
    })();
    await expect(store.write('b', source, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await readdir(join(folder, '.stack-staging'))).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['.stack-staging', 'a']);
  });

  test('is not seen, and is no key', async () => {
    const store = await open(folder);
    await store.write('.stack-staging/key', 'of a user');
    await writeFile(join(folder, '.stack-staging/left-over'), 'of a killed process');
    expect(await keysOf(store.walk())).toEqual(['.stack-staging/key']);
    await expect(store.read('.stack-staging/left-over')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

test('a process that is killed while it writes leaves the old bytes', async () => {
  const store = await open(folder);
  await store.write('a', 'old');
  const script = `
    import { createComponent } from ${JSON.stringify(import.meta.resolve('@stack/core'))};
    import { localArtifactStoreFlavor } from ${JSON.stringify(new URL('./flavor.ts', import.meta.url).href)};
    const store = await createComponent(localArtifactStoreFlavor, { name: 'files', config: { path: process.argv[1] } });
    await store.write('a', (async function* () {
      yield Buffer.alloc(1_000_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('half');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    })());`;
  const child = spawn(
    process.execPath,
    ['--conditions=@stack/source', '--input-type=module', '--eval', script, folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  await vi.waitFor(async () => expect(await readdir(join(folder, '.stack-staging'))).toHaveLength(1), 10_000);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await store.readText('a')).toBe('old');
  expect(await keysOf(store.walk())).toEqual(['a']);
  expect(await readdir(join(folder, '.stack-staging'))).toHaveLength(1);
});

test('collectGarbage removes staged files that are old enough', async () => {
  const store = await open(folder);
  expect(await store.collectGarbage({ olderThan: 0 })).toEqual([]);
  await store.write('a', 'text');
  const [old, young] = [join(folder, '.stack-staging/old'), join(folder, '.stack-staging/young')];
  await writeFile(old, 'left over');
  await writeFile(young, 'under way');
  const modifiedAt = new Date(Date.now() - 2 * 86_400_000);
  await utimes(old, modifiedAt, modifiedAt);
  const garbage = [{ kind: 'staged-file', id: old, size: 9, modifiedAt }];
  expect(await store.collectGarbage({ dryRun: true })).toEqual(garbage);
  expect((await readdir(join(folder, '.stack-staging'))).sort()).toEqual(['old', 'young']);
  expect(await store.collectGarbage()).toEqual(garbage);
  expect(await readdir(join(folder, '.stack-staging'))).toEqual(['young']);
  expect(await store.collectGarbage({ olderThan: 0 })).toMatchObject([{ id: young }]);
  expect(await store.readText('a')).toBe('text');
});

describe('on a disk that folds names', async () => {
  const { default: LocalArtifactStore } = await import('./implementation.ts');
  class Folding extends LocalArtifactStore {
    protected override async findOutFolding(): Promise<boolean> {
      return true;
    }
  }
  const flavor = defineFlavor({
    type: 'artifact-store',
    name: 'folding',
    configSchema: localArtifactStoreConfigSchema,
    implementation: async () => ({ default: Folding }),
  });

  test('every key that there may be is kept all the same', async () => {
    const folded: ArtifactStoreCase[] = [
      'keys with letters of another case are kept byte for byte, apart from each other',
      'keys with characters in several forms are kept byte for byte, apart from each other',
      'keys with dots are kept byte for byte, apart from each other',
      'keys with names of staged files are kept byte for byte, apart from each other',
      'keys with the greatest lengths are kept byte for byte, apart from each other',
      'listings are in the order of the UTF-8 bytes of the keys',
    ];
    const results = await checkArtifactStore(
      {
        name: 'folding',
        create: async (disposables) => {
          const path = await mkdtemp(join(tmpdir(), 'stack-folding-'));
          disposables.defer(() => rm(path, { recursive: true }));
          return createComponent(flavor, { name: 'folding', config: { path } });
        },
      },
      { cases: folded },
    );
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  });

  test('no two names are one in another case or normalisation', async () => {
    const store = await createComponent(flavor, { name: 'folding', config: { path: folder } });
    const keys = ['case', 'Case', 'CASE/a', 'case~', '\u00e9', 'e\u0301', '.stack-staging', '.STACK-STAGING/a'];
    for (const key of keys) await store.write(key, key);
    const names = (await readdir(folder)).map((name) => name.normalize('NFC').toLowerCase());
    expect(new Set(names).size).toBe(keys.length + 1);
    expect((await keysOf(store.walk())).sort()).toEqual(keys.sort());
  });
});

test('directories without objects, made by others, are not there', async () => {
  const store = await open(folder);
  await mkdir(join(folder, 'a/b/c'), { recursive: true });
  expect(await store.exists('a')).toBe(false);
  expect(await keysOf(store.list())).toEqual([]);
  await store.write('a', 'text', { ifAbsent: true });
  expect(await store.readText('a')).toBe('text');
});

test('what is neither file nor folder is not there, and never waited for', async () => {
  const store = await open(folder);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(await keysOf(store.walk())).toEqual([]);
  expect(await store.exists('pipe')).toBe(false);
  await expect(store.read('pipe')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a directory that is removed while it is listed has no more objects', async () => {
  const store = await open(folder);
  await mkdir(join(folder, 'many'));
  // More than are looked at at once, and ahead.
  for (let number = 0; number < 1000; number++) await writeFile(join(folder, 'many', `${number}`), '');
  const paths: string[] = [];
  for await (const { path } of store.walk()) {
    if (paths.length === 0) await rm(join(folder, 'many'), { recursive: true });
    paths.push(path);
  }
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.length).toBeLessThan(1000);
});

test('the empty directories that a removal leaves are removed', async () => {
  const store = await open(folder);
  await store.write('a/b/c', 'text');
  await store.write('a/d', 'text');
  await store.remove('a/b/c');
  expect(await readdir(join(folder, 'a'))).toEqual(['d']);
  await store.rename('a/d', 'e');
  expect(existsSync(join(folder, 'a'))).toBe(false);
});

test('no two writes have one etag, even where an inode is used again', async () => {
  const store = await open(folder);
  const etags = new Set<string>();
  for (let count = 0; count < 300; count++) {
    etags.add((await store.write('a', String(count % 10))).etag);
    await store.remove('a');
  }
  expect(etags.size).toBe(300);
});

test('a file that another program replaced has another etag', async () => {
  const store = await open(folder);
  const { etag } = await store.write('a', 'one');
  await writeFile(join(folder, 'b'), 'two');
  await rename(join(folder, 'b'), join(folder, 'a'));
  expect((await store.stat('a')).etag).not.toBe(etag);
  await expect(store.write('a', 'new', { ifMatch: etag })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
});

test('of writers with ifMatch in two components at once exactly one wins', async () => {
  const [first, second] = [await open(folder), await open(folder)];
  const { etag } = await first.write('a', 'old');
  const writes = Array.from({ length: 5 }, () => [first, second])
    .flat()
    .map((store) => store.write('a', 'new', { ifMatch: etag }));
  const results = await Promise.allSettled(writes);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('writes that fail or are aborted close no file of another one', async () => {
  const store = await open(folder);
  const source = async function* (abort: () => void) {
    yield Buffer.alloc(200_000);
    abort();
    yield Buffer.alloc(200_000);
    throw new Error('the source failed');
  };
  const rounds = Array.from({ length: 60 }, async (_, index) => {
    const controller = new AbortController();
    const abort = () => index % 2 === 0 && setTimeout(() => controller.abort(), index % 7);
    const failing = store.write(`failing-${index}`, source(abort), { signal: controller.signal });
    const text = String(index).repeat(100_000);
    await Promise.allSettled([failing, store.write(`good-${index}`, Readable.from([text, text]))]);
    return (await store.readText(`good-${index}`)) === text + text;
  });
  expect(await Promise.all(rounds)).toEqual(rounds.map(() => true));
  expect((await keysOf(store.walk())).filter((key) => key.startsWith('failing'))).toEqual([]);
});

test('files have the permissions that the umask leaves', async () => {
  const store = await open(folder);
  await store.write('a', 'text');
  expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o666 & ~process.umask());
});

test('a folder that may not be written or read is ACCESS_DENIED', async () => {
  const store = await open(folder);
  await store.write('a/b', 'text');
  await store.write('readable', 'text');
  await chmod(join(folder, 'a'), 0o000);
  await asOrdinaryUser(async () => {
    expect(await store.readText('readable')).toBe('text');
    await expect(store.read('a/b')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(store.write('a/c', 'text')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
  await chmod(join(folder, 'a'), 0o700);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is NO_SPACE', async () => {
  class FullDisk extends (await import('./implementation.ts')).default {
    codeOf(error: unknown) {
      return this.mapError(error);
    }
  }
  const full = await writeFile('/dev/full', 'text').catch((error: unknown) => error);
  const { root, id, name, type, flavor, config, settings, labels } = await open(folder);
  const context = { id, name, type, flavor, config, settings, labels, baseDirectory: root, overrides: {} };
  expect(new FullDisk({ ...context, config: { ...config, path: folder, durability: 'rename' } }).codeOf(full)).toBe(
    'NO_SPACE',
  );
});

test.skipIf(process.platform === 'win32')('a file that is larger than the system lets it be is NO_SPACE', async () => {
  const program = `
    import { openLocalStore } from ${JSON.stringify(import.meta.resolve('../../test/open-local-store.ts'))};
    const store = await openLocalStore(${JSON.stringify(folder)});
    await store.write('small', 'a');
    await store.write('large', 'a'.repeat(2_000_000)).catch(({ code, message }) => console.log(code, message));
    console.log(await store.exists('large'), await store.readText('small'));
  `;
  const node = ['--conditions=@stack/source', '--input-type=module', '--eval', program];
  // In blocks of 512 or 1,024 bytes.
  const words = ['-c', 'ulimit -f 1000; exec "$0" "$@"', process.execPath, ...node];
  const printed = execFileSync('sh', words, {
    encoding: 'utf8',
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  expect(printed).toMatch(/^NO_SPACE The write of "large" in the .*\nfalse a\n$/);
});

describe('probe', () => {
  test('says that the root can be written and read, and leaves nothing', async () => {
    const store = await open(join(folder, 'root'));
    expect(await store.probe()).toMatchObject({ healthy: true });
    expect(await readdir(join(folder, 'root/.stack-staging'))).toEqual([]);
  });

  test('says why it cannot', async () => {
    await writeFile(join(folder, 'file'), '');
    const store = await open(join(folder, 'file'));
    expect(await store.probe()).toMatchObject({ healthy: false, message: expect.stringContaining('not a folder') });
  });
});
