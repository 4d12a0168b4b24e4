import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeServerFolder, ServerProcess } from './server-process.ts';

/** A server that only waits, in a process that starts it and says what there is to look for. */
const starter = `
  import { makeServerFolder, ServerProcess } from '${join(import.meta.dirname, 'server-process.ts')}';
  const folder = await makeServerFolder('guarded', undefined);
  await ServerProcess.start({
    name: 'a server',
    command: process.execPath,
    arguments: ['-e', 'process.on("SIGINT", () => {}); setInterval(() => {}, 1000)', folder],
    endSignal: 'SIGTERM',
    folder,
    isReady: async () => true,
  });
  console.log(folder);
  setInterval(() => {}, 1000);
`;

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a server ends when %s ends the process that started it',
  async (signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', starter], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const folder = output.toString().trim();
    expect(existsSync(folder)).toBe(true);
    expect(await processesWith(folder)).not.toEqual([]);

    child.kill(signal);

    await vi.waitFor(async () => expect(await processesWith(folder)).toEqual([]), { timeout: 10_000, interval: 100 });
    expect(existsSync(folder)).toBe(false);
  },
);

test('a server that is disposed leaves neither a process nor a folder', async () => {
  const folder = await makeServerFolder('disposed', undefined);
  const server = await ServerProcess.start({
    name: 'a server',
    command: process.execPath,
    arguments: ['-e', 'setInterval(() => {}, 1000)', folder],
    endSignal: 'SIGTERM',
    folder,
    isReady: async () => true,
  });
  expect(await processesWith(folder)).toHaveLength(2);
  await server[Symbol.asyncDispose]();
  expect(await processesWith(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test('a server that ends at once is an error that says what it printed', async () => {
  const folder = await makeServerFolder('failing', undefined);
  const starting = ServerProcess.start({
    name: 'a server',
    command: 'sh',
    arguments: ['-c', 'echo no space left >&2; exit 3'],
    endSignal: 'SIGTERM',
    folder,
    isReady: async () => false,
  });
  await expect(starting).rejects.toThrow(/a server ended at once:\nno space left/);
  expect(existsSync(folder)).toBe(false);
});

test('a server whose program is missing is an error, and leaves no folder', async () => {
  const folder = await makeServerFolder('missing', undefined);
  const starting = ServerProcess.start({
    name: 'a server',
    command: join(folder, 'no-such-program'),
    arguments: [],
    endSignal: 'SIGTERM',
    folder,
    isReady: async () => true,
  });
  await expect(starting).rejects.toThrow('a server cannot be started');
  expect(existsSync(folder)).toBe(false);
});

/** The processes that have a text in their arguments. */
async function processesWith(argument: string): Promise<string[]> {
  const { stdout } = spawn('ps', ['-A', '-ww', '-o', 'args'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(stdout)).split('\n').filter((line) => line.includes(argument));
}
