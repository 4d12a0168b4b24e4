import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type ArtifactStore, type ErrorCode, StackError } from '@stack/core';
import { expectBytes, expectTexts } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import { FaultProxy } from '../../network/fault-proxy.ts';
import type { NetworkHook } from '../artifact-store-hooks.ts';
import { type Context, casesWithHook, temporaryFolder } from './case-context.ts';
import { chunks, inParts, megabyte } from './chunks.ts';
import { expectNoSecrets } from './error-contents.ts';
import { paths } from './listing.ts';
import { operations } from './operations.ts';

/** Milliseconds in which an operation has to end that was told to, or that cannot go on. */
const patience = 10_000;

/** Where a connection is cut that carries a megabyte: before, at the beginning, within and towards the end of its bytes. */
const cuts = [0, 1_000, 40_000, 300_000, 900_000];
/** So much goes through every connection at least that writes a megabyte, also where it goes in parts over several. */
const leastCarried = 64 * 1024;

/** A store whose server is behind a proxy that breaks connections. */
export const networkCases = casesWithHook('network', {
  'a connection that breaks once is no failure': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    await context.component.write('a/b', 'text');
    const requests: Readonly<Record<string, () => Promise<unknown>>> = {
      read: async () => assert.equal(await store.readText('a/b'), 'text'),
      stat: async () => assert.equal((await store.stat('a/b')).size, 4),
      exists: async () => assert.equal(await store.exists('nothing'), false),
      list: async () => assert.deepEqual(await paths(store.list('a')), ['a/b']),
      write: () => store.write('c', 'bytes'),
      copy: () => store.copy('a/b', 'd'),
      removeMany: () => store.removeMany(['c']),
    };
    for (const [name, request] of Object.entries(requests)) {
      await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 0, times: 1 });
      await request();
      assert.ok(proxy.strikes > 0, `nothing of ${name} went through the proxy`);
    }
    assert.deepEqual(await paths(context.component.walk()), ['a/b', 'd']);
  },
  'a read whose connection breaks again and again goes on where it broke': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const bytes = pattern(3 * megabyte);
    await context.component.write('a', bytes);
    for (const read of [() => store.read('a'), async () => buffer(await store.openRead('a'))]) {
      await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 700_000 });
      expectBytes(await within(read()), bytes);
      assert.ok(proxy.strikes > 2, 'no connection broke');
    }
    await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 700_000 });
    const range = { start: 1_000, end: 2 * megabyte + 1 };
    expectBytes(await within(store.read('a', range)), bytes.subarray(range.start, range.end), 'the range');
  },
  'a read that cannot be gone on with is UNAVAILABLE, and never a short one': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const bytes = pattern(16 * megabyte);
    await context.component.write('a', bytes);
    await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 0 });
    await expectCode('UNAVAILABLE', () => within(store.read('a')));
    await proxy.end();
    await expectCode('UNAVAILABLE', async () => {
      const stream = await store.openRead('a');
      for await (const _ of stream) if (proxy.isOpen) await proxy.begin({ kind: 'refuse' });
    });
    await proxy.end();
    expectBytes(await store.read('a'), bytes);
  },
  'a read that goes on after the object was replaced is UNAVAILABLE, and never a mixture': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const { component: direct } = context;
    const old = Buffer.alloc(16 * megabyte, 'o');
    await direct.write('a', old);
    const stream = await store.openRead('a');
    let length = 0;
    let isReplaced = false;
    const result = await outcome(async () => {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        assert.ok(piece.equals(Buffer.alloc(piece.length, 'o')), 'the bytes are of another object');
        length += piece.length;
        if (isReplaced) continue;
        isReplaced = true;
        await direct.write('a', Buffer.alloc(16 * megabyte, 'n'));
        await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 0, times: 1 });
      }
    });
    if (result === undefined) assert.equal(length, old.length, 'it ended too early');
    else assert.equal(result, 'UNAVAILABLE');
  },
  'a write whose connection breaks leaves the old bytes or the new ones': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const { component: direct } = context;
    const [old, fresh] = [Buffer.alloc(1000, 'o'), Buffer.alloc(megabyte, 'n')];
    for (const afterBytes of cuts) {
      for (const source of [() => fresh, () => chunks(inParts(fresh, 50_000))]) {
        await direct.write('a', old);
        await proxy.begin({ kind: 'cut', direction: 'request', afterBytes });
        const result = await outcome(() => within(store.write('a', source())));
        if (afterBytes < leastCarried) assert.ok(proxy.strikes > 0, 'no connection broke');
        const found = await direct.read('a');
        assert.ok(found.equals(old) || found.equals(fresh), `it left ${found.length} bytes that nobody wrote`);
        if (result === undefined) assert.ok(found.equals(fresh), 'a write that ended well is not there');
        else assert.equal(result, 'UNAVAILABLE');
        await proxy.end();
      }
    }
    await store.collectGarbage({ olderThan: 0 });
    assert.deepEqual(await paths(direct.walk()), ['a']);
  },
  'a write whose connection breaks leaves nothing, or the whole object, where nothing was': async (
    context,
    network,
  ) => {
    const { store, proxy } = await throughProxy(context, network);
    const { component: direct } = context;
    const fresh = pattern(megabyte);
    for (const afterBytes of cuts) {
      await proxy.begin({ kind: 'cut', direction: 'request', afterBytes });
      const result = await outcome(() => within(store.write('a/b', chunks(inParts(fresh, 50_000)))));
      if (await direct.exists('a')) expectBytes(await direct.read('a/b'), fresh);
      else assert.equal(result, 'UNAVAILABLE');
      await proxy.end();
      await direct.removeTree('');
    }
  },
  'a write from a function is sent again as a whole': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const fresh = pattern(megabyte);
    for (const direction of ['request', 'response'] as const) {
      await proxy.begin({ kind: 'cut', direction, afterBytes: 0, times: 1 });
      await store.write(direction, () => chunks(inParts(fresh, 50_000)));
      assert.equal(proxy.strikes, 1);
      expectBytes(await context.component.read(direction), fresh);
    }
  },
  'a write with ifAbsent whose answer is lost does not take itself for another': async (context, network) => {
    await loseAnswers(context, network, async (store, key) => ({
      write: () => store.write(key, 'mine', { ifAbsent: true }),
      forbidden: 'ALREADY_EXISTS',
    }));
  },
  'a write with ifMatch whose answer is lost does not take itself for another': async (context, network) => {
    await loseAnswers(context, network, async (store, key) => {
      const { etag } = await context.component.write(key, 'old');
      return { write: () => store.write(key, 'mine', { ifMatch: etag }), forbidden: 'PRECONDITION_FAILED' };
    });
  },
  'a write from a stream with ifAbsent whose answer is lost does not take itself for another': async (
    context,
    network,
  ) => {
    await loseAnswers(context, network, async (store, key) => ({
      write: () => store.write(key, chunks(['mi', 'ne']), { ifAbsent: true }),
      forbidden: 'ALREADY_EXISTS',
    }));
  },
  'a copy with ifAbsent whose answer is lost does not take itself for another': async (context, network) => {
    await context.component.write('source', 'mine');
    await loseAnswers(context, network, async (store, key) => ({
      write: () => store.copy('source', key, { ifAbsent: true }),
      forbidden: 'ALREADY_EXISTS',
    }));
  },
  'a rename whose answer is lost loses no object': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const { component: direct } = context;
    await direct.write('a', 'text');
    await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 0, times: 1 });
    const result = await outcome(() => store.rename('a', 'b'));
    assert.ok(result === undefined || result === 'UNAVAILABLE', `it is ${result}`);
    const found = await paths(direct.walk());
    assert.ok(found.length > 0, 'the object is lost');
    for (const path of found) assert.equal(await direct.readText(path), 'text');
    if (result === undefined) assert.deepEqual(found, ['b']);
  },
  'a listing whose connection breaks gives every entry once and in order': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const keys = Array.from({ length: 300 }, (_, index) => `many/${String(index).padStart(3, '0')}`);
    for (const group of Array.from({ length: 6 }, (_, index) => keys.slice(index * 50, index * 50 + 50))) {
      await Promise.all(group.map((key) => context.component.write(key, '')));
    }
    for (const afterBytes of [0, 2_000, 10_000]) {
      await proxy.begin({ kind: 'cut', direction: 'response', afterBytes, times: 1 });
      expectTexts(await paths(store.walk()), keys);
      assert.equal(proxy.strikes, 1);
    }
  },
  'a listing that cannot be gone on with is UNAVAILABLE, and never a short one': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    for (const key of ['a', 'b/c']) await context.component.write(key, key);
    for (const afterBytes of [0, 50]) {
      await proxy.begin({ kind: 'cut', direction: 'response', afterBytes });
      await expectCode('UNAVAILABLE', () => within(paths(store.walk())));
      await expectCode('UNAVAILABLE', () => within(paths(store.list())));
      await expectCode('UNAVAILABLE', () => within(store.exists('b')));
      await expectCode('UNAVAILABLE', () => within(store.removeTree('')));
    }
    assert.deepEqual(await paths(context.component.walk()), ['a', 'b/c']);
  },
  'a removal whose connection breaks removes everything all the same': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    for (const key of ['a/b', 'a/c', 'd']) await context.component.write(key, key);
    await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 0, times: 1 });
    await store.removeMany(['a/b', 'd']);
    assert.deepEqual(await paths(context.component.walk()), ['a/c']);
  },
  'a removal that cannot be done is UNAVAILABLE, and never taken for done': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    for (const key of ['a', 'b/c']) await context.component.write(key, key);
    await proxy.begin({ kind: 'cut', direction: 'request', afterBytes: 0 });
    await expectCode('UNAVAILABLE', () => within(store.remove('a')));
    await expectCode('UNAVAILABLE', () => within(store.removeMany(['a'])));
    await expectCode('UNAVAILABLE', () => within(store.removeMany(['a', 'b/c'])));
    assert.deepEqual(await paths(context.component.walk()), ['a', 'b/c']);
  },
  'a folder whose connections break is uploaded as it is': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const folder = await temporaryFolder(context.disposables);
    const files = await writeFolder(folder);
    await proxy.begin({ kind: 'cut', direction: 'request', afterBytes: 40_000, times: 3 });
    await store.uploadDirectory(folder, 'up', { concurrency: 4 });
    assert.ok(proxy.strikes > 0, 'no connection broke');
    for (const [file, bytes] of files) {
      expectBytes(await context.component.read(`up/${file}`), bytes, file);
    }
  },
  'a folder whose connections break is downloaded as it is, or with whole files alone': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const folder = await temporaryFolder(context.disposables);
    const files = await writeFolder(join(folder, 'from'));
    await context.component.uploadDirectory(join(folder, 'from'), 'up');
    await proxy.begin({ kind: 'cut', direction: 'response', afterBytes: 500_000, times: 3 });
    await store.downloadDirectory('up', join(folder, 'to'), { concurrency: 4 });
    assert.deepEqual(await readFiles(join(folder, 'to')), files);
    const half = join(folder, 'half');
    await mkdir(half);
    await proxy.begin({ kind: 'throttle', bytesPerSecond: 2_000_000 });
    const downloading = outcome(() => within(store.downloadDirectory('up', half, { concurrency: 2 })));
    while ((await readdir(half)).length < 4) await delay(5);
    await proxy.begin({ kind: 'refuse' });
    assert.equal(await downloading, 'UNAVAILABLE');
    const found = await readFiles(half);
    for (const [file, bytes] of found) assert.ok(files.get(file)?.equals(bytes), `${file} is not whole`);
  },
  'a slow connection brings every byte': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    const bytes = pattern(megabyte);
    await proxy.begin({ kind: 'throttle', bytesPerSecond: 4_000_000 });
    await store.write('a', chunks(inParts(bytes, 100_000)));
    expectBytes(await store.read('a'), bytes);
    assert.ok(proxy.strikes > 10, 'nothing was slowed down');
  },
  'a server that refuses connections is UNAVAILABLE until it is back': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    await context.component.write('a', 'text');
    await proxy.begin({ kind: 'refuse' });
    for (const [name, operation] of Object.entries(operations(store, context.disposables))) {
      const result = await outcome(() => within(operation(undefined)));
      assert.equal(result, 'UNAVAILABLE', `${name} is ${result}`);
    }
    await proxy.end();
    assert.equal(await store.readText('a'), 'text');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'an abort ends what waits for a server that does not answer': async (context, network) => {
    const { store, proxy } = await throughProxy(context, network);
    await context.component.write('a', 'text');
    await proxy.begin({ kind: 'hold' });
    await Promise.all(
      Object.entries(operations(store, context.disposables)).map(async ([name, operation]) => {
        const signal = AbortSignal.timeout(50);
        let aborted = Infinity;
        signal.addEventListener('abort', () => {
          aborted = performance.now();
        });
        const result = await outcome(() => within(operation(signal)));
        assert.equal(result, 'ABORTED', `${name} is ${result}`);
        const late = performance.now() - aborted;
        assert.ok(late < 1_200, `${name} went on for ${late} ms`);
      }),
    );
    // What is held never comes to the server.
    assert.deepEqual(await paths(context.component.walk()), ['a']);
  },
  'an error of the network names the operation and the component, and holds no credentials': async (
    context,
    network,
  ) => {
    const { store, proxy } = await throughProxy(context, network);
    await proxy.begin({ kind: 'refuse' });
    for (const operation of [() => store.read('some/where'), () => store.write('some/where', 'text')]) {
      const error = await operation().catch((reason: unknown) => reason);
      assert.ok(StackError.is(error, 'UNAVAILABLE'));
      assert.match(error.message, /some\/where/);
      assert.ok(error.message.includes(store.name), `"${error.message}" does not name the component`);
      expectNoSecrets(error, store);
    }
  },
});

/** What needs a store that gives up a server without an answer. */
export const timeoutCases = {
  'a server that does not answer is TIMEOUT': {
    obstacle: ({ network }: { readonly network?: NetworkHook | undefined }) =>
      network?.timeLimit === undefined ? 'it is not known when it gives up a server that does not answer' : undefined,
    run: async (context: Context & { readonly hooks: { readonly network?: NetworkHook | undefined } }) => {
      const { network } = context.hooks;
      if (network?.timeLimit === undefined) return;
      const limit = network.timeLimit + 1_000;
      const { store, proxy } = await throughProxy(context, network);
      await context.component.write('a', 'text');
      await proxy.begin({ kind: 'hold' });
      const requests: (() => Promise<unknown>)[] = [
        () => store.read('a'),
        () => store.write('b', 'text'),
        () => store.stat('a'),
        () => paths(store.list()),
      ];
      await Promise.all(
        requests.map(async (request) => {
          await expectCode('TIMEOUT', () => within(request(), limit));
        }),
      );
      await proxy.end();
      assert.equal(await store.readText('a'), 'text');
    },
  },
};

async function throughProxy(
  { component, disposables }: Context,
  { endpoint, connect }: NetworkHook,
): Promise<{ readonly store: ArtifactStore; readonly proxy: FaultProxy }> {
  const proxy = disposables.use(await FaultProxy.start(new URL(endpoint)));
  // A URL has a "/" at its end where it has no path. An endpoint need not have it, and not every store removes it.
  const through = endpoint.endsWith('/') ? proxy.endpoint.href : proxy.endpoint.href.replace(/\/$/, '');
  const store = disposables.use(await connect(component.root, through));
  return { store, proxy };
}

/** Loses the answer to each of several writes, and checks that none of them is taken for one of somebody else. */
async function loseAnswers(
  context: Context,
  network: NetworkHook,
  prepare: (
    store: ArtifactStore,
    key: string,
  ) => Promise<{ readonly write: () => Promise<unknown>; readonly forbidden: ErrorCode }>,
): Promise<void> {
  const { store, proxy } = await throughProxy(context, network);
  for (const [key, direction] of [
    ['answer-lost', 'response'],
    ['request-lost', 'request'],
  ] as const) {
    const { write, forbidden } = await prepare(store, key);
    await proxy.begin({ kind: 'cut', direction, afterBytes: 0, times: 1 });
    const result = await outcome(() => within(write()));
    assert.equal(proxy.strikes, 1, 'no connection broke');
    assert.notEqual(result, forbidden, 'it takes what it wrote itself for an object of another');
    assert.ok(result === undefined || result === 'UNAVAILABLE', `it is ${result}`);
    if (result === undefined) assert.equal(await context.component.readText(key), 'mine');
    await proxy.end();
  }
}

/** The code of the error that an operation ends with; `undefined` when it succeeds. */
async function outcome(operation: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await operation();
    return undefined;
  } catch (error) {
    if (StackError.is(error)) return error.code;
    throw error;
  }
}

/** Rejects when it takes too long. */
async function within<Result>(operation: Promise<Result>, limit = patience): Promise<Result> {
  const controller = new AbortController();
  const late = delay(limit, undefined, { signal: controller.signal }).then(
    () => assert.fail(`it has not ended after ${limit / 1000} s`),
    () => operation,
  );
  try {
    return await Promise.race([operation, late]);
  } finally {
    controller.abort();
  }
}

/** Bytes of which no two stretches are the same. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 4 <= length; index += 4) bytes.writeUInt32LE(index, index);
  return bytes;
}

/** Makes a folder of files of several sizes; their bytes by name. */
async function writeFolder(folder: string): Promise<Map<string, Buffer>> {
  await mkdir(join(folder, 'below'), { recursive: true });
  const files = new Map(
    Array.from({ length: 8 }, (_, index) => [`${index % 2 ? 'below/' : ''}${index}`, pattern(index * 99_999)]),
  );
  for (const [file, bytes] of files) await writeFile(join(folder, file), bytes);
  return files;
}

async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort((a, b) => (a.slice(-1) < b.slice(-1) ? -1 : 1));
  return new Map(
    await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)] as const)),
  );
}
