import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { removeAbandonedFolders } from './abandoned-folders.ts';
import { thisProcess } from './process-mark.ts';
import { TemporaryFolder } from './temporary-folder.ts';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'stack-test-'));
  vi.stubEnv('TMPDIR', parent);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(parent, { recursive: true, force: true });
});

const program = `
  import { writeFileSync } from 'node:fs';
  import { TemporaryFolder } from ${JSON.stringify(import.meta.resolve('./temporary-folder.ts'))};
  const folder = new TemporaryFolder('values');
  writeFileSync(folder.path + '/file', 'bytes');
  console.log(folder.path);
`;
const options = ['--conditions=@stack/source', '--input-type=module', '--eval'];

/** Starts a process that makes a temporary folder and waits. */
async function startOwner() {
  const child = spawn(process.execPath, [...options, `${program} setInterval(() => {}, 1_000);`]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, path: line.toString().trim() };
}

test('a temporary folder is removed when it is disposed of, with what is in it, and of this user alone', async () => {
  const folder = new TemporaryFolder('values');
  writeFileSync(join(folder.path, 'file'), 'bytes');
  expect(readdirSync(parent)).toEqual([basename(folder.path)]);
  await folder[Symbol.asyncDispose]();
  expect(readdirSync(parent)).toEqual([]);
});

test('the end of its process removes it', () => {
  const { stdout } = spawnSync(process.execPath, [...options, program], { encoding: 'utf8' });
  expect(stdout).toContain(join(parent, 'stack-values-'));
  expect(readdirSync(parent)).toEqual([]);
});

test('that of a process which was killed is removed later, and not as long as the process runs, or is stopped', async () => {
  const { child, path } = await startOwner();
  const own = new TemporaryFolder('values');
  child.kill('SIGSTOP');
  expect(await removeAbandonedFolders()).toEqual([]);
  expect(existsSync(join(path, 'file'))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await removeAbandonedFolders()).toEqual([path]);
  expect(readdirSync(parent)).toEqual([basename(own.path)]);
  await own[Symbol.asyncDispose]();
});

test('the first folder that a process makes is enough for it', async () => {
  const { child, path } = await startOwner();
  child.kill('SIGKILL');
  await once(child, 'close');
  await using _own = new TemporaryFolder('values');
  await vi.waitFor(() => expect(existsSync(path)).toBe(false));
});

test('a process that has got the number of one that was killed does not keep its folder', async () => {
  const [host, pid, start] = thisProcess().split('-');
  // Only Linux says when a process started.
  const isKnown = start !== '0';
  const path = join(parent, `stack-values-${host}-${pid}-1${start}-abcdef`);
  mkdirSync(path);
  expect(await removeAbandonedFolders()).toEqual(isKnown ? [path] : []);
});

test('nothing of another host, or with another name, is touched, and no link is followed', async () => {
  const [host] = thisProcess().split('-');
  const absent = 2 ** 22 + 1;
  const others = [`stack-values-00000000-${absent}-1-abcdef`, `stack-values-${hostname()}`, 'stack-test-abcdef'];
  for (const name of others) mkdirSync(join(parent, name));
  const target = join(parent, 'stack-test-abcdef');
  const link = `stack-values-${host}-${absent}-1-abcdef`;
  symlinkSync(target, join(parent, link));
  expect(await removeAbandonedFolders()).toEqual([]);
  expect(readdirSync(parent).toSorted()).toEqual([...others, link].toSorted());
});
