import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createComponent } from '@stack/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { myArtifactStoreFlavor } from './my-flavor.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-my-artifact-store-'));
});

afterEach(() => rm(folder, { recursive: true }));

const createStore = () =>
  createComponent(myArtifactStoreFlavor, { name: 'mine', config: { path: 'lmdb://artifacts' }, baseDirectory: folder });

it('finds again what an earlier component wrote', async () => {
  {
    await using store = await createStore();
    await store.write('models/first', 'bytes');
  }
  await using store = await createStore();
  expect(await store.readText('models/first')).toBe('bytes');
});

it('goes on when another component of the same folder is disposed', async () => {
  await using store = await createStore();
  {
    await using other = await createStore();
    await other.write('a', 'from the other');
  }
  expect(await store.readText('a')).toBe('from the other');
});

it('lets one of several processes write where nothing may be yet', async () => {
  const script = `
    import { createComponent, StackError } from '@stack/core';
    import { myArtifactStoreFlavor } from './flavors/my-flavor.ts';
    await using store = await createComponent(myArtifactStoreFlavor, {
      name: 'mine', config: { path: 'lmdb://artifacts' }, baseDirectory: process.env.FOLDER,
    });
    let written = 0;
    for (let key = 0; key < 50; key++) {
      try {
        await store.write(String(key), String(process.pid), { ifAbsent: true });
        written++;
      } catch (error) {
        if (!StackError.is(error, 'ALREADY_EXISTS')) throw error;
      }
    }
    console.log(written);
  `;
  const options = { cwd: join(import.meta.dirname, '..'), env: { ...process.env, FOLDER: folder } };
  const nodeArguments = [...process.execArgv, '--input-type=module', '--eval', script];
  const run = async () => Number((await promisify(execFile)(process.execPath, nodeArguments, options)).stdout);
  const written = await Promise.all([run(), run(), run()]);
  expect(written.reduce((sum, count) => sum + count)).toBe(50);
});
