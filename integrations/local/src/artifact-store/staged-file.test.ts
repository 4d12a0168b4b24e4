import fs from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let folder: string;
/** What a write waits for. */
let disk: Promise<void>;
const calls: string[] = [];

// A write on a slow disk. Modules that call it are loaded later.
const { close, writev } = fs;
const slowWrite = async (...input: Parameters<typeof writev.__promisify__>) => {
  calls.push('write begins');
  await disk;
  const result = await promisify(writev)(...input);
  calls.push('write ends');
  return result;
};
fs.writev = Object.assign(() => {}, { [promisify.custom]: slowWrite }) as unknown as typeof writev;
fs.close = ((descriptor: number, done: fs.NoParamCallback) => {
  calls.push('close');
  close(descriptor, done);
}) as typeof close;
syncBuiltinESMExports();
const { writeStagedFile } = await import('./staged-file.ts');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-staged-'));
});

afterAll(async () => {
  Object.assign(fs, { close, writev });
  syncBuiltinESMExports();
  await rm(folder, { recursive: true });
});

test('a source that breaks during a write does not have the file closed below it', async () => {
  calls.length = 0;
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  disk = promise;
  const source = new Readable({ read() {} });
  source.push(Buffer.alloc(1024 * 1024));
  const written = writeStagedFile(join(folder, 'broken'), source, false);
  await vi.waitFor(() => expect(calls).toEqual(['write begins']), 20_000);
  source.destroy(new Error('broken'));
  await delay(20);
  expect(calls).toEqual(['write begins']);
  goOn();
  await expect(written).rejects.toThrow('broken');
  expect(calls).toEqual(['write begins', 'write ends', 'close']);
});

test('a stream goes on while what it gave is written, and what it gives in little pieces is written at once', async () => {
  calls.length = 0;
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  disk = promise;
  const pieces = Array.from({ length: 200 }, (_, index) => String(index % 10).repeat(10_000));
  const give = async function* () {
    yield* pieces;
    calls.push('source ends');
    goOn();
  };
  await writeStagedFile(join(folder, 'pieces'), Readable.from(give(), { objectMode: false }), false);
  expect(await readFile(join(folder, 'pieces'), 'utf8')).toBe(pieces.join(''));
  expect(calls).toEqual(['write begins', 'source ends', 'write ends', 'write begins', 'write ends', 'close']);
});
