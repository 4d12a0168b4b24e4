import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent } from '@stack/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { closeIdleDirectories, entryOf, openDirectory } from './confined-directory.ts';
import { localArtifactStoreFlavor } from './flavor.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-confined-'));
});

afterEach(async () => {
  vi.useRealTimers();
  closeIdleDirectories();
  await rm(folder, { recursive: true });
});

/** What this process has open at or below the folder. */
function openPaths(): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        // The one of readdir itself, which is closed.
        return '';
      }
    })
    .filter((path) => path.startsWith(folder));
}

async function makeDirectories(count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
  for (const path of paths) await mkdir(path);
  return paths;
}

async function openAndLeave(path: string): Promise<void> {
  using directory = await openDirectory(path);
  expect(readdirSync(directory.path)).toEqual([]);
}

describe.skipIf(process.platform !== 'linux')('a directory that nobody works in any more', () => {
  test('stays open for the next one who does, for a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const [path = ''] = await makeDirectories(1);
    const descriptors = new Set<string>();
    for (let count = 0; count < 5; count++) {
      using directory = await openDirectory(path);
      descriptors.add(directory.path);
    }
    expect(descriptors.size).toBe(1);
    expect(openPaths()).toEqual([path]);
    vi.advanceTimersByTime(1000);
    expect(openPaths()).toEqual([]);
  });

  test('that was open for more than a second is closed at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const [path = ''] = await makeDirectories(1);
    {
      using _ = await openDirectory(path);
      vi.advanceTimersByTime(1001);
      expect(openPaths()).toEqual([path]);
    }
    expect(openPaths()).toEqual([]);
  });

  test('is one of the 64 that were used last, at most', async () => {
    const paths = await makeDirectories(100);
    for (const path of paths) await openAndLeave(path);
    expect(openPaths().sort()).toEqual(paths.slice(36).sort());
    await Promise.all(paths.map(openAndLeave));
    expect(openPaths()).toHaveLength(64);
  });

  test('is not shared by two at once', async () => {
    const [path = ''] = await makeDirectories(1);
    await openAndLeave(path);
    using first = await openDirectory(path);
    using second = await openDirectory(path);
    expect(first.path).not.toBe(second.path);
  });

  test('is closed with a store', async () => {
    const store = await createComponent(localArtifactStoreFlavor, { name: 'files', config: { path: folder } });
    await store.write('a/b', 'text');
    expect(openPaths()).toContain(join(folder, 'a'));
    await store[Symbol.asyncDispose]();
    expect(openPaths()).toEqual([]);
  });

  test('is opened anew when another is in its place, or none', async () => {
    const [path = ''] = await makeDirectories(1);
    await openAndLeave(path);
    await rename(path, join(folder, 'moved'));
    await mkdir(path);
    await writeFile(join(path, 'file'), 'of the new one');
    {
      using directory = await openDirectory(path);
      expect(await readFile(entryOf(directory, join(path, 'file')), 'utf8')).toBe('of the new one');
    }
    await rm(path, { recursive: true });
    await expect(openDirectory(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(openPaths()).toEqual([]);
  });
});
