import fs, { readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createComponent } from '@stack/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { localArtifactStoreFlavor } from './flavor.ts';

let folder: string;
/** The paths, relative to the root, that the disk was waited for. */
const synced: string[] = [];

// Only the call is watched: nothing shows afterwards whether a file has reached the disk. The implementation is loaded
// later.
const { fsync } = fs;
fs.fsync = ((descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => {
  const path = relative(folder, readlinkSync(`/proc/self/fd/${descriptor}`));
  synced.push(path.replace(/[0-9a-f-]{36}$/, 'staged'));
  fsync(descriptor, done);
}) as typeof fsync;
syncBuiltinESMExports();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-durability-'));
});

afterAll(async () => {
  fs.fsync = fsync;
  syncBuiltinESMExports();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  synced.length = 0;
});

const open = (durability?: 'rename' | 'fsync') =>
  createComponent(localArtifactStoreFlavor, { name: 'files', config: { path: folder, durability } });

test.skipIf(process.platform !== 'linux')('fsync waits for the file and every directory that changed', async () => {
  const store = await open('fsync');
  await store.write('a', 'text');
  expect(synced).toEqual(['.stack-staging/staged', '']);
  synced.length = 0;
  await store.write('b/c/d', Readable.from(['text']), { ifAbsent: true });
  expect(synced).toEqual(['.stack-staging/staged', '', 'b', 'b/c']);
  synced.length = 0;
  await store.rename('a', 'b/a');
  expect(synced).toEqual(['b', '']);
  synced.length = 0;
  await store.remove('b/a');
  expect(synced).toEqual(['b']);
});

test('rename, the default, waits for no disk', async () => {
  const store = await open();
  await store.write('x/y', 'text');
  await store.rename('x/y', 'z');
  await store.remove('z');
  expect(synced).toEqual([]);
});
