import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { ownTemporaryFolder } from '../testing/own-temporary-folder.ts';
import { artifactDamage, downloadArtifact, loadArtifact, storeArtifact } from './artifact-content.ts';
import { type DirectoryArtifact, directoryArtifact } from './directory-artifact.ts';
import { type FileArtifact, fileArtifact } from './file-artifact.ts';
import { ValueScope } from './value-scope.ts';

const origin = { name: 'training/train/model', runId: 'run', step: 'train', output: 'model' };
const large = 3 * 1024 * 1024;

let folder: string;
let artifactStore: MemoryArtifactStore;

beforeEach(async () => {
  folder = ownTemporaryFolder();
  // What values leave on this machine is looked for here.
  await mkdir(join(folder, 'temporary'));
  vi.stubEnv('TMPDIR', join(folder, 'temporary'));
  artifactStore = new MemoryArtifactStore();
});

async function write(path: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  return file;
}

async function store(value: unknown) {
  return { ...(await storeArtifact(artifactStore, value, [], origin)), version: 1 };
}

const objectPath = (content: string) => {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return `artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
};

/** Stores a value and loads it, for as long as the scope is there. */
async function roundTrip<Value>(value: Value, scope: ValueScope): Promise<Value> {
  return (await loadArtifact(artifactStore, await store(value), [], { scope })) as Value;
}

describe('a file', () => {
  it('is stored as its bytes, and comes back as a read-only file that is there until the step has ended', async () => {
    const record = await store(fileArtifact(await write('model.bin', 'weights')));
    expect(record).toMatchObject({ materializer: 'file', path: objectPath('weights'), size: 7, contents: [] });
    const scope = new ValueScope();
    const file = (await loadArtifact(artifactStore, record, [], { scope })) as FileArtifact;
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
    const path = await file.path();
    expect(await readFile(path, 'utf8')).toBe('weights');
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await file.path()).toBe(path);
    await scope[Symbol.asyncDispose]();
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('that nobody downloaded cannot be after the step has ended', async () => {
    const scope = new ValueScope();
    const file = await roundTrip(fileArtifact(await write('a', 'a')), scope);
    await scope[Symbol.asyncDispose]();
    const { hint } = await expectStackError('ARGUMENT_INVALID', () => file.path());
    expect(hint).toContain('copyTo()');
  });

  it('can be read as a stream, which leaves nothing on the disk', async () => {
    await using scope = new ValueScope();
    const file = await roundTrip(fileArtifact(await write('a', Buffer.alloc(large, 'x'))), scope);
    expect((await buffer(file.openRead())).equals(Buffer.alloc(large, 'x'))).toBe(true);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it.each([
    ['small', 10],
    ['large', large],
  ])('that is %s is copied to where nothing is, from the store and from this machine', async (_name, size) => {
    await using scope = new ValueScope();
    const local = fileArtifact(await write('a', Buffer.alloc(size, 'x')));
    for (const file of [local, await roundTrip(local, scope)]) {
      const target = join(folder, 'copies', String(file === local));
      await file.copyTo(target);
      expect((await readFile(target)).equals(Buffer.alloc(size, 'x'))).toBe(true);
      await writeFile(target, 'mine');
      await expectStackError('ALREADY_EXISTS', () => file.copyTo(target));
      expect(await readFile(target, 'utf8')).toBe('mine');
    }
    expect(await readdir(join(folder, 'copies'))).toEqual(['false', 'true']);
  });

  it('of the same 3 MB is written once, whoever stores it', async () => {
    const first = await store(fileArtifact(await write('a', Buffer.alloc(large, 'x'))));
    const second = await store(fileArtifact(await write('b', Buffer.alloc(large, 'x'))));
    expect(second.path).toBe(first.path);
    expect(artifactStore.writes).toBe(1);
  });

  it('that was an input is handed on without its bytes coming here', async () => {
    const record = await store(fileArtifact(await write('a', Buffer.alloc(large, 'x'))));
    const file = await loadArtifact(artifactStore, record);
    const read = vi.spyOn(artifactStore, 'openRead');
    expect((await store(file)).path).toBe(record.path);
    expect(read).not.toHaveBeenCalled();
    expect(artifactStore.writes).toBe(1);
  });

  it('that is handed on to another store is written there', async () => {
    const file = await loadArtifact(artifactStore, await store(fileArtifact(await write('a', 'weights'))));
    const other = new MemoryArtifactStore();
    const { path } = await storeArtifact(other, file, [], origin);
    expect(await other.readText(path)).toBe('weights');
  });

  it.each([
    ['small', 10],
    ['large', large],
  ])('that is %s and was damaged in the store is not given', async (_name, size) => {
    const record = await store(fileArtifact(await write('a', Buffer.alloc(size, 'x'))));
    const object = artifactStore.objects.get(record.path);
    if (object !== undefined) object.bytes = Buffer.concat([Buffer.alloc(size - 1, 'x'), Buffer.from('y')]);
    const file = (await loadArtifact(artifactStore, record)) as FileArtifact;
    await expectStackError('INTEGRITY', () => file.path());
    await expectStackError('INTEGRITY', () => file.copyTo(join(folder, 'copy')));
    await expectStackError('INTEGRITY', () => buffer(file.openRead()));
    expect(await readdir(folder)).not.toContain('copy');
  });

  it('that is not there, or is a folder, is named with its output', async () => {
    for (const path of [join(folder, 'nothing'), folder]) {
      const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(fileArtifact(path)));
      expect(error.message).toContain('The output "model" of the step "train"');
      expect(error.message).toContain(path);
    }
  });

  it('that changes while it is stored is refused', async () => {
    const path = await write('a', Buffer.alloc(large, 'x'));
    artifactStore.beforeWrite = () => truncate(path, large - 1);
    await expectStackError('INTEGRITY', () => store(fileArtifact(path)));
    expect([...artifactStore.objects]).toEqual([]);
  });
});

describe('a directory', () => {
  async function makeDirectory(): Promise<string> {
    const root = join(folder, 'model');
    await write('model/weights/häuser.bin', 'one');
    await write('model/weights/ペンギン', 'two');
    await write('model/a\\b', 'two');
    await write('model/large', Buffer.alloc(large, 'x'));
    await write('model/run.sh', '#!/bin/sh');
    await chmod(join(root, 'run.sh'), 0o755);
    await mkdir(join(root, 'empty/within'), { recursive: true });
    return root;
  }

  async function contentOf(root: string): Promise<readonly string[]> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const lines = entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1);
      if (entry.isDirectory()) return `${name}/`;
      const isExecutable = ((await stat(path)).mode & 0o100) !== 0;
      return `${name}${isExecutable ? '*' : ''} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`;
    });
    return (await Promise.all(lines)).sort();
  }

  it('is stored as its files under their digests, and a manifest that is written last', async () => {
    const written: string[] = [];
    artifactStore.beforeWrite = (key) => void written.push(key);
    const record = await store(directoryArtifact(await makeDirectory()));
    expect(record.materializer).toBe('directory');
    expect(written.at(-1)).toBe(record.path);
    expect(record.contents.map(({ path }) => path).sort()).toEqual([...new Set(written.slice(0, -1))].sort());
    expect(record.contents).toHaveLength(4);
    const { path, size, sha256 } = record;
    expect(JSON.parse(await artifactStore.readText(path))).toMatchObject({
      files: [
        { path: 'a\\b', size: 3, executable: false },
        { path: 'large', size: large },
        { path: 'run.sh', executable: true },
        { path: 'weights/häuser.bin' },
        { path: 'weights/ペンギン' },
      ],
      emptyFolders: ['empty/within'],
    });
    expect(sha256).toBe(
      createHash('sha256')
        .update(await artifactStore.read(path))
        .digest('hex'),
    );
    expect(size).toBe((await artifactStore.read(path)).length);
  });

  it('comes back with names of any script, empty folders and what can be executed, read-only', async () => {
    const root = await makeDirectory();
    await using scope = new ValueScope();
    const directory = await roundTrip(directoryArtifact(root), scope);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
    const path = await directory.path();
    expect(await contentOf(path)).toEqual(await contentOf(root));
    expect((await stat(join(path, 'large'))).mode & 0o777).toBe(0o444);
    expect((await stat(join(path, 'run.sh'))).mode & 0o777).toBe(0o555);
  });

  it('is copied as a whole, from the store and from this machine, to where it can be written', async () => {
    const root = await makeDirectory();
    await using scope = new ValueScope();
    const local = directoryArtifact(root);
    for (const directory of [local, await roundTrip(local, scope)]) {
      const target = join(folder, 'copies', String(directory === local));
      await directory.copyTo(target);
      expect(await contentOf(target)).toEqual(await contentOf(root));
      expect((await stat(join(target, 'large'))).mode & 0o200).toBe(0o200);
      await expectStackError('ALREADY_EXISTS', () => directory.copyTo(target));
    }
  });

  it('lists its files, and reads one without the others', async () => {
    await using scope = new ValueScope();
    const local = directoryArtifact(await makeDirectory());
    for (const directory of [local, await roundTrip(local, scope)]) {
      const paths = (await directory.list()).map(({ path }) => path);
      expect(paths).toEqual(['a\\b', 'large', 'run.sh', 'weights/häuser.bin', 'weights/ペンギン']);
      expect(await text(await directory.openRead('weights/häuser.bin'))).toBe('one');
      const error = await expectStackError('FILE_NOT_FOUND', () => directory.openRead('weights/hauser.bin'));
      expect(error.hint).toContain('weights/häuser.bin');
    }
  });

  it('that is equal is the same artifact, and one that shares files with it stores what is new', async () => {
    await write('one/a', 'same');
    await write('two/a', 'same');
    await write('three/a', 'same');
    await write('three/b', 'other');
    const one = await store(directoryArtifact(join(folder, 'one')));
    const two = await store(directoryArtifact(join(folder, 'two')));
    expect(two.path).toBe(one.path);
    expect(artifactStore.writes).toBe(2);
    await store(directoryArtifact(join(folder, 'three')));
    expect(artifactStore.writes).toBe(4);
  });

  it('without files is one, too', async () => {
    await mkdir(join(folder, 'none'));
    await using scope = new ValueScope();
    const directory = await roundTrip(directoryArtifact(join(folder, 'none')), scope);
    expect(await directory.list()).toEqual([]);
    expect(await readdir(await directory.path())).toEqual([]);
  });

  it('that was an input is handed on without its bytes coming here', async () => {
    const record = await store(directoryArtifact(await makeDirectory()));
    const writes = artifactStore.writes;
    const again = await store(await loadArtifact(artifactStore, record));
    expect(again).toMatchObject({ path: record.path, contents: record.contents });
    expect(artifactStore.writes).toBe(writes);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('that is handed on to another store is written there', async () => {
    const root = await makeDirectory();
    const directory = await loadArtifact(artifactStore, await store(directoryArtifact(root)));
    const other = new MemoryArtifactStore();
    const record = { ...(await storeArtifact(other, directory, [], origin)), version: 1 };
    const there = (await loadArtifact(other, record)) as DirectoryArtifact;
    expect(await contentOf(await there.path())).toEqual(await contentOf(root));
  });

  it('of which one file cannot be written is not there, nor is its manifest', async () => {
    const root = await makeDirectory();
    artifactStore.beforeWrite = (key) => {
      if (key === objectPath('one')) throw new Error('the disk is full');
    };
    await expect(store(directoryArtifact(root))).rejects.toThrow();
    for (const { bytes } of artifactStore.objects.values()) expect(bytes.toString()).not.toContain('"files"');
  });

  it('with links and what else is no file is refused, all of it at once', async () => {
    await write('links/file', 'x');
    await symlink('file', join(folder, 'links/to-file'));
    await symlink('..', join(folder, 'links/to-folder'));
    const { problems, message } = await expectStackError('VALUE_NOT_SERIALIZABLE', () =>
      store(directoryArtifact(join(folder, 'links'))),
    );
    expect(problems?.map(({ path }) => path).sort()).toEqual(['to-file', 'to-folder']);
    expect(message).toContain('The output "model" of the step "train"');
    expect([...artifactStore.objects]).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'with a name that is not in UTF-8 is refused (Linux alone has such names)',
    async () => {
      await mkdir(join(folder, 'names'));
      await writeFile(Buffer.concat([Buffer.from(`${join(folder, 'names')}/`), Buffer.from([0xe4])]), 'x');
      const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () =>
        store(directoryArtifact(join(folder, 'names'))),
      );
      expect(error.message).toContain('is not a name in UTF-8');
    },
  );

  it.each(['../outside', '/etc/passwd', 'a/../../b', 'a//b', '.', ''])(
    'whose manifest has the path %j is not written to this disk',
    async (path) => {
      const manifest = JSON.stringify({
        files: [{ path, size: 1, sha256: '00'.repeat(32), executable: false }],
        emptyFolders: [],
      });
      const stored = await store(manifest);
      const contents = [{ path: stored.path, size: 1, sha256: '00'.repeat(32) }];
      const record = { ...stored, materializer: 'directory', contents };
      const directory = (await loadArtifact(artifactStore, record)) as DirectoryArtifact;
      const error = await expectStackError('INTEGRITY', () => directory.path());
      expect(error.message).toContain(JSON.stringify(path));
    },
  );

  it('whose manifest lists bytes that are not part of it is not read', async () => {
    const record = { ...(await store(directoryArtifact(await makeDirectory()))), contents: [] };
    const directory = (await loadArtifact(artifactStore, record)) as DirectoryArtifact;
    const error = await expectStackError('INTEGRITY', () => directory.list());
    expect(error.message).toContain('whose bytes are not part of the artifact');
  });

  it('is damaged when any of its files is', async () => {
    const record = await store(directoryArtifact(await makeDirectory()));
    expect(await artifactDamage(artifactStore, record, { verify: false })).toEqual([]);
    const object = artifactStore.objects.get(objectPath('one'));
    if (object !== undefined) object.bytes = Buffer.from('two');
    artifactStore.objects.delete(objectPath('two'));
    const damages = await artifactDamage(artifactStore, record, { verify: false });
    expect(damages.map(({ path, problem }) => `${path} ${problem}`).sort()).toEqual(
      [`${objectPath('one')} is damaged`, `${objectPath('two')} is gone`].sort(),
    );
    const directory = (await loadArtifact(artifactStore, record)) as DirectoryArtifact;
    await expect(directory.path()).rejects.toThrow();
  });
});

describe('downloadArtifact', () => {
  it('writes a directory with its files, and anything else as its bytes, where nothing is', async () => {
    await write('model/weights/one', '1');
    const target = (name: string) => join(folder, 'downloads', name);
    const directory = await store(directoryArtifact(join(folder, 'model')));
    expect(await downloadArtifact(artifactStore, directory, target('directory'))).toBe('directory');
    expect(await readFile(target('directory/weights/one'), 'utf8')).toBe('1');
    await mkdir(join(folder, 'none'));
    const empty = await store(directoryArtifact(join(folder, 'none')));
    expect(await downloadArtifact(artifactStore, empty, target('empty'))).toBe('directory');
    const data = await store({ a: 1 });
    expect(await downloadArtifact(artifactStore, data, target('data.json'))).toBe('file');
    expect(await readFile(target('data.json'), 'utf8')).toBe('{"a":1}');
    await expectStackError('ALREADY_EXISTS', () => downloadArtifact(artifactStore, data, target('directory')));
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });
});
