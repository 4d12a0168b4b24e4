import fs, { readdirSync, readlinkSync, statSync } from 'node:fs';
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
/** The entries, of whatever directory, that a sync which has ended found in it when it began. */
const durableEntries = new Set<string>();

// Only the call is watched: nothing shows afterwards whether a file has reached the disk. The implementation is loaded
// later.
const { fsync } = fs;
fs.fsync = ((descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => {
  const absolute = readlinkSync(`/proc/self/fd/${descriptor}`);
  synced.push(relative(folder, absolute).replace(/[0-9a-f-]{36}$/, 'staged'));
  const entries = statSync(absolute).isDirectory() ? readdirSync(absolute) : [];
  fsync(descriptor, (error) => {
    for (const entry of entries) durableEntries.add(entry);
    done(error);
  });
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

test.skipIf(process.platform !== 'linux')(
  'writes at once share syncs of their folder, each one that began after it',
  async () => {
    const store = await open('fsync');
    await store.write('shared/first', 'text');
    synced.length = 0;
    const names = Array.from({ length: 64 }, (_, index) => `entry-${index}`);
    const isDurable = await Promise.all(
      names.map((name) => store.write(`shared/${name}`, 'text').then(() => durableEntries.has(name))),
    );
    expect(isDurable).toEqual(names.map(() => true));
    expect(synced.filter((path) => path === '.stack-staging/staged')).toHaveLength(64);
    expect(synced.filter((path) => path === 'shared').length).toBeLessThan(48);
  },
);

test('rename, the default, waits for no disk', async () => {
  const store = await open();
  await store.write('x/y', 'text');
  await store.rename('x/y', 'z');
  await store.remove('z');
  expect(synced).toEqual([]);
});
