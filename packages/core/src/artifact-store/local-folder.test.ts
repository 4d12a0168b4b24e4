import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../testing/failure-of.ts';
import { BackendError, FaultyStore } from '../testing/faulty-store.ts';

const smallAndLarge = { small: Buffer.from('small'), large: Buffer.alloc(1_000_000, 'large') };

let folder: string;
let store: FaultyStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-folder-'));
  store = new FaultyStore();
});

afterEach(() => rm(folder, { recursive: true }));

test('small and large files go up and down byte for byte', async () => {
  await mkdir(join(folder, 'from/sub'), { recursive: true });
  for (const [name, bytes] of Object.entries(smallAndLarge)) await writeFile(join(folder, 'from/sub', name), bytes);
  await store.uploadDirectory(join(folder, 'from'), '');
  expect([...store.objects.keys()].sort()).toEqual(['sub/large', 'sub/small']);
  await store.downloadDirectory('sub', join(folder, 'to/new'));
  for (const [name, bytes] of Object.entries(smallAndLarge)) {
    expect(bytes.equals(await readFile(join(folder, 'to/new', name)))).toBe(true);
  }
});

test('uploads are tried again, large files too', async () => {
  for (const [name, bytes] of Object.entries(smallAndLarge)) await writeFile(join(folder, name), bytes);
  const failed = new Set<string>();
  store.before = (request) => {
    if (!request.startsWith('write ') || failed.has(request)) return;
    failed.add(request);
    throw new BackendError('UNAVAILABLE');
  };
  await store.uploadDirectory(folder, 'up');
  expect(failed.size).toBe(2);
  expect(store.objects.get('up/large')?.bytes.equals(smallAndLarge.large)).toBe(true);
});

test('no more files than the concurrency are under way at once', async () => {
  for (let index = 0; index < 12; index++) {
    await writeFile(join(folder, `${index}`), '');
    store.put(`down/${index}`, '');
  }
  let [current, most] = [0, 0];
  const peakOf = async (expected: number, transfer: () => Promise<unknown>) => {
    most = 0;
    const { promise: isReached, resolve: reach } = Promise.withResolvers<void>();
    store.before = async (request) => {
      if (!/^(write|read) /.test(request)) return;
      most = Math.max(most, ++current);
      // However slow the disk is, as many are under way as there may be; others get the time to be too many.
      if (current === expected) reach();
      await isReached;
      await delay(2);
      current--;
    };
    await transfer();
    return most;
  };
  expect(await peakOf(3, () => store.uploadDirectory(folder, 'up', { concurrency: 3 }))).toBe(3);
  expect(await peakOf(5, () => store.downloadDirectory('down', folder, { concurrency: 5 }))).toBe(5);
  for (const concurrency of [0, 1.5, Number.NaN]) {
    expect(await failureOf(() => store.uploadDirectory(folder, 'up', { concurrency }))).toMatchObject({
      code: 'ARGUMENT_INVALID',
    });
  }
});

test('everything that cannot be uploaded is told at once, and nothing is', async () => {
  await writeFile(join(folder, 'good'), '');
  await symlink('good', join(folder, 'link'));
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9])]), '');
  await writeFile(join(folder, 'x'.repeat(241)), '');
  const error = await failureOf(() => store.uploadDirectory(folder, 'up'));
  expect(error.code).toBe('ARGUMENT_INVALID');
  expect(Object.fromEntries(error.problems.map(({ path, message }) => [path.slice(0, 9), message]))).toEqual({
    link: 'is neither a regular file nor a folder',
    '\uFFFD': 'is not a name in UTF-8',
    xxxxxxxxx: 'has a segment longer than 240 bytes',
  });
  await rm(join(folder, 'link'));
  expect(await failureOf(() => store.uploadDirectory(folder, 'up'))).toMatchObject({ code: 'PATH_INVALID' });
  expect(store.requests).toEqual([]);
});

test('what is in the way of an upload is told at once, and nothing is uploaded', async () => {
  await mkdir(join(folder, 'b'));
  for (const file of ['a', 'b/c', 'd']) await writeFile(join(folder, file), '');
  for (const key of ['a/below', 'b', 'd', 'other']) store.put(`up/here/${key}`, '');
  store.put('up', '');
  const error = await failureOf(() => store.uploadDirectory(folder, 'up/here'));
  expect(error.code).toBe('PATH_CONFLICT');
  expect(Object.fromEntries(error.problems.map(({ path, message }) => [path, message]))).toEqual({
    'up/here/a': 'is a directory',
    'up/here/b': 'is an object, and files would lie below it',
    up: 'is an object, and files would lie below it',
  });
  expect(store.requests.filter((request) => request.startsWith('write '))).toEqual([]);
});

test('where a directory holds many more objects than are uploaded, each write looks for itself', async () => {
  await writeFile(join(folder, 'a'), '');
  for (let index = 0; index < 1011; index++) store.put(`up/${index}`, '');
  store.put('up/a/below', '');
  let looked = 0;
  store.before = (request) => {
    if (request.startsWith('entry ')) looked++;
  };
  await store.uploadDirectory(folder, 'up');
  expect(store.requests.at(-1)).toBe('write up/a');
  expect(looked).toBe(1011);
});

test('an upload of what is no folder says so', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await failureOf(() => store.uploadDirectory(join(folder, 'none'), ''))).toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining(join(folder, 'none')),
  });
  expect(await failureOf(() => store.uploadDirectory(join(folder, 'file'), ''))).toMatchObject({
    code: 'PATH_CONFLICT',
  });
});

test('a download that fails leaves the files that were there, and no part of another', async () => {
  store.put('down/a', 'new');
  store.put('down/b', 'new');
  await writeFile(join(folder, 'b'), 'old');
  store.before = (request) => {
    if (request.startsWith('read down/b')) throw new BackendError('ACCESS_DENIED');
  };
  const error = await failureOf(() => store.downloadDirectory('down', folder, { concurrency: 1 }));
  expect(error.code).toBe('ACCESS_DENIED');
  expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  expect(await readFile(join(folder, 'b'), 'utf8')).toBe('old');
});

test('a download does not replace a folder', async () => {
  store.put('down/a', 'new');
  await mkdir(join(folder, 'a'));
  const error = await failureOf(() => store.downloadDirectory('down', folder));
  expect(error).toMatchObject({ code: 'PATH_CONFLICT', message: expect.stringContaining(join(folder, 'a')) });
  expect((await stat(join(folder, 'a'))).isDirectory()).toBe(true);
  expect(await readdir(folder)).toEqual(['a']);
});
