import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type ArtifactStore, addMaskedValue, type ListEntry, StackError } from '@stack/core';
import type { CaseContext, ConformanceCases } from '../conformance/conformance-suite.ts';
import { expectCode } from '../conformance/expect-code.ts';

type Context = CaseContext<ArtifactStore>;

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

const megabyte = 1024 * 1024;

/** Milliseconds in which a store that does not wait for the end of a write would have shown its beginning. */
const settlingTime = 30;

/** Keys that a careless store trims, decodes, folds, normalises or takes for something else. */
const oddKeys = [
  ' begins with a space',
  'ends with a space ',
  'ends with a dot.',
  '...',
  '..a',
  '.hidden',
  '-rf',
  '~',
  'a%2Fb',
  'a%b',
  'a+b',
  'a#b',
  'a?b=c&d',
  'a\\b',
  'a:b',
  'a|b<c>d',
  'a"b\'c`d',
  'a*b',
  '[a]',
  '{a}',
  '{{name.key}}',
  '$HOME',
  'line\nbreak',
  'tab\there',
  'CON',
  'nul.txt',
  '__proto__',
  'constructor/prototype',
  'toString',
  'Case',
  'case',
  'CASE/case',
  '\u00e9 as one character',
  'e\u0301 as two characters',
  '\u{1F600}',
  '\uFFFD',
  '\u65E5\u672C\u8A9E/\u30D5\u30A1\u30A4\u30EB',
  '\u202Eright to left',
  '.stack-staging',
  '.stack-staging/a',
  '.stack-staging~',
  'x'.repeat(240),
  '%'.repeat(240),
  '\u00e9'.repeat(120),
  `${'y'.repeat(239)}/${'y'.repeat(239)}/${'y'.repeat(239)}/${'z'.repeat(180)}`,
];

const roundTrip = {
  'what is written is read back byte for byte': async ({ component: store }: Context) => {
    await store.write('a/bytes', allBytes);
    assert.deepEqual(await store.read('a/bytes'), allBytes);
  },
  'text is kept as UTF-8': async ({ component: store }: Context) => {
    await store.write('text', 'h\u00e9 \u{1F600}\r\n');
    assert.equal(await store.readText('text'), 'h\u00e9 \u{1F600}\r\n');
    assert.equal(await store.size('text'), 10);
  },
  'an empty object is an object': async ({ component: store }: Context) => {
    await store.write('empty', '');
    assert.equal((await store.read('empty')).length, 0);
    assert.equal((await store.stat('empty')).size, 0);
    assert.equal(await store.exists('empty'), true);
    assert.deepEqual(await paths(store.list()), ['empty']);
  },
  'a stream of unknown length is written as one object': async ({ component: store }: Context) => {
    const parts = [randomBytes(1), randomBytes(70_000), randomBytes(3), randomBytes(200_001)];
    await store.write('stream', chunks(parts));
    assert.deepEqual(await store.read('stream'), Buffer.concat(parts));
    await store.write('texts', chunks(['\u00e9', Buffer.from('b'), 'c']));
    assert.equal(await store.readText('texts'), '\u00e9bc');
  },
  'a large object keeps every byte': async ({ component: store }: Context) => {
    const bytes = randomBytes(9 * megabyte + 1);
    await store.write('large', chunks(inParts(bytes, 100_003)));
    assert.equal(Buffer.compare(await store.read('large'), bytes), 0, 'the bytes differ');
  },
  'openWrite makes an object of what goes into the stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await pipeline(Readable.from(inParts(bytes, 10_000)), await store.openWrite('a/stream'));
    assert.equal(Buffer.compare(await store.read('a/stream'), bytes), 0, 'the bytes differ');
  },
  'openRead gives the bytes as a stream': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    await store.write('bytes', bytes);
    assert.equal(Buffer.compare(await buffer(await store.openRead('bytes')), bytes), 0, 'the bytes differ');
  },
  'a write replaces the whole object': async ({ component: store }: Context) => {
    await store.write('a', 'a long text');
    await store.write('a', 'short');
    assert.equal(await store.readText('a'), 'short');
    assert.equal(await store.size('a'), 5);
  },
  'a write gives the stat of the object': async ({ component: store }: Context) => {
    const written = await store.write('a', 'abc');
    assert.deepEqual(await store.stat('a'), written);
  },
  'stat gives the size and the time of the write': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const { size, modifiedAt } = await store.stat('a');
    assert.equal(size, 256);
    const age = Date.now() - modifiedAt.getTime();
    assert.ok(Math.abs(age) < 15 * 60_000, `modifiedAt is ${age} ms ago`);
  },
};

const ranges = {
  'a range holds its start and not its end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    assert.deepEqual(await store.read('a', { start: 10, end: 20 }), allBytes.subarray(10, 20));
    assert.deepEqual(await store.read('a', { end: 1 }), allBytes.subarray(0, 1));
    assert.deepEqual(await store.read('a', { start: 255 }), allBytes.subarray(255));
    assert.equal((await store.read('a', { start: 7, end: 7 })).length, 0);
  },
  'a range past the end stops at the end': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    assert.deepEqual(await store.read('a', { start: 250, end: 1000 }), allBytes.subarray(250));
    assert.equal((await store.read('a', { start: 256 })).length, 0);
    assert.equal((await store.read('a', { start: 5000, end: 6000 })).length, 0);
    await store.write('empty', '');
    assert.equal((await store.read('empty', { start: 0, end: 10 })).length, 0);
  },
  'a range that is none is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    for (const range of [{ start: -1 }, { start: 2, end: 1 }, { start: 0.5 }, { end: Number.NaN }]) {
      await expectCode('ARGUMENT_INVALID', () => store.read('a', range));
    }
  },
  'a range of a missing object is NOT_FOUND': async ({ component: store }: Context) => {
    await expectCode('NOT_FOUND', () => store.read('a', { start: 5, end: 5 }));
    await expectCode('NOT_FOUND', () => store.read('a', { start: 5000 }));
  },
};

const atomicity = {
  'a reader during a write sees the old bytes or the new ones': async ({ component: store }: Context) => {
    const versions = ['a', 'b', 'c'].map((letter) => Buffer.alloc(megabyte, letter));
    await store.write('a', versions[0] ?? '');
    let isWriting = true;
    const writing = (async () => {
      for (const version of [...versions, ...versions]) await store.write('a', chunks(inParts(version, 50_000), true));
    })().finally(() => {
      isWriting = false;
    });
    let reads = 0;
    while (isWriting) {
      const bytes = await store.read('a');
      const isWhole = versions.some((version) => version.equals(bytes));
      assert.ok(isWhole, `a reader saw ${bytes.length} bytes that nobody wrote`);
      reads++;
      await nextTurn();
    }
    await writing;
    assert.ok(reads > 0);
  },
  'an object is not seen before it is complete': async ({ component: store }: Context) => {
    const { promise: half, resolve: halfWritten } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: finish } = Promise.withResolvers<void>();
    const writing = store.write(
      'a/b',
      (async function* () {
        yield randomBytes(megabyte);
        halfWritten();
        await goOn;
        yield randomBytes(10);
      })(),
    );
    await half;
    await delay(settlingTime);
    assert.equal(await store.exists('a/b'), false);
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.walk()), []);
    assert.deepEqual(await paths(store.list()), []);
    await expectCode('NOT_FOUND', () => store.read('a/b'));
    finish();
    await writing;
    assert.equal(await store.size('a/b'), megabyte + 10);
  },
  'an object being replaced keeps its old bytes': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    const { promise: half, resolve: halfWritten } = Promise.withResolvers<void>();
    const { promise: goOn, resolve: finish } = Promise.withResolvers<void>();
    const writing = store.write(
      'a',
      (async function* () {
        yield randomBytes(megabyte);
        halfWritten();
        await goOn;
        yield 'end';
      })(),
    );
    await half;
    await delay(settlingTime);
    assert.equal(await store.readText('a'), 'old');
    finish();
    await writing;
    assert.equal(await store.size('a'), megabyte + 3);
  },
  'a write whose source fails rejects with the error of the source': async ({ component: store }: Context) => {
    const failure = Object.assign(new Error('the source failed'), { code: 'ENOENT' });
    await assert.rejects(store.write('a', failingChunks(failure)), failure);
    const stream = new Readable({ read() {} });
    stream.destroy(failure);
    await assert.rejects(store.write('a', stream), failure);
    // Errors of the store have no secrets in them; this one is none.
    addMaskedValue('a secret of the source');
    const withSecret = Object.assign(new Error('not with a secret of the source'), { code: 'ENOENT' });
    await assert.rejects(store.write('a', failingChunks(withSecret)), withSecret);
  },
  'a write whose source fails leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    await assert.rejects(store.write('a', failingChunks(new Error('the source failed'))));
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'a write whose source fails leaves nothing where nothing was': async ({ component: store }: Context) => {
    await assert.rejects(store.write('a/b/c', failingChunks(new Error('the source failed'))));
    assert.equal(await store.exists('a/b/c'), false);
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.walk()), []);
  },
  'an aborted write is ABORTED and leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    const controller = new AbortController();
    const source = (async function* () {
      yield randomBytes(megabyte);
      controller.abort();
      await nextTurn();
      yield randomBytes(megabyte);
    })();
    await expectCode('ABORTED', () => store.write('a', source, { signal: controller.signal }));
    assert.equal(await store.readText('a'), 'old');
  },
  'an aborted write whose source never goes on is ABORTED all the same': async ({ component: store }: Context) => {
    const controller = new AbortController();
    const source = new Readable({ read() {} });
    source.push('begins');
    setTimeout(() => controller.abort(), 20);
    await expectCode('ABORTED', () => store.write('a', source, { signal: controller.signal }));
    assert.equal(await store.exists('a'), false);
  },
  'a destroyed stream leaves what was there': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    for (const key of ['a', 'b']) {
      const atOnce = await store.openWrite(key);
      const stream = await store.openWrite(key);
      const ends = [atOnce, stream].map((one) => assert.rejects(finished(one)));
      atOnce.destroy();
      stream.write(randomBytes(megabyte));
      await nextTurn();
      stream.destroy(new Error('given up'));
      await Promise.all(ends);
    }
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'a signal that is aborted already is ABORTED and changes nothing': async ({ component: store }: Context) => {
    await store.write('a', 'old');
    const options = { signal: AbortSignal.abort() };
    await expectCode('ABORTED', () => store.write('a', 'new', options));
    await expectCode('ABORTED', () => store.write('b', 'new', options));
    await expectCode('ABORTED', () => store.read('a', options));
    await expectCode('ABORTED', () => store.stat('a', options));
    await expectCode('ABORTED', () => store.exists('a', options));
    await expectCode('ABORTED', () => store.copy('a', 'b', options));
    await expectCode('ABORTED', () => store.rename('a', 'b', options));
    await expectCode('ABORTED', () => store.remove('a', options));
    await expectCode('ABORTED', () => store.removeTree('', options));
    await expectCode('ABORTED', () => paths(store.list('', options)));
    await expectCode('ABORTED', () => paths(store.walk('nothing', options)));
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'an abort ends a read that has begun': async ({ component: store }: Context) => {
    await store.write('a', randomBytes(4 * megabyte));
    const controller = new AbortController();
    const stream = await store.openRead('a', { signal: controller.signal });
    await expectCode('ABORTED', async () => {
      for await (const _ of stream) controller.abort();
    });
  },
  'of writers of one object at once one wins as a whole': async ({ component: store }: Context) => {
    const versions = Array.from({ length: 12 }, (_, index) => Buffer.alloc(200_000 + index, index));
    await Promise.all(versions.map((version) => store.write('a/b', chunks(inParts(version, 30_000), true))));
    const bytes = await store.read('a/b');
    assert.ok(
      versions.some((version) => version.equals(bytes)),
      'the object is a mixture',
    );
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
};

const conditions = {
  'ifAbsent writes where nothing is': async ({ component: store }: Context) => {
    await store.write('a/b', 'new', { ifAbsent: true });
    assert.equal(await store.readText('a/b'), 'new');
    assert.deepEqual(await paths(store.walk()), ['a/b']);
  },
  'ifAbsent is ALREADY_EXISTS where an object is, and keeps it': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await expectCode('ALREADY_EXISTS', () => store.write('a', 'new', { ifAbsent: true }));
    assert.equal(await store.readText('a'), 'old');
    assert.equal((await store.stat('a')).etag, etag);
  },
  'of writers with ifAbsent at once exactly one wins': async ({ component: store }: Context) => {
    const texts = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const results = await Promise.allSettled(texts.map((text) => store.write('a/b', text, { ifAbsent: true })));
    const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} writers won`);
    assert.equal(await store.readText('a/b'), winners[0]);
    for (const result of results) {
      if (result.status === 'rejected') await expectCode('ALREADY_EXISTS', () => Promise.reject(result.reason));
    }
  },
  'ifMatch replaces the object of that etag': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.write('a', 'new', { ifMatch: etag });
    assert.equal(await store.readText('a'), 'new');
  },
  'ifMatch is PRECONDITION_FAILED for an object that changed': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.write('a', 'mid');
    await expectCode('PRECONDITION_FAILED', () => store.write('a', 'new', { ifMatch: etag }));
    assert.equal(await store.readText('a'), 'mid');
  },
  'ifMatch is PRECONDITION_FAILED where nothing is': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    await store.remove('a');
    await expectCode('PRECONDITION_FAILED', () => store.write('a', 'new', { ifMatch: etag }));
    assert.equal(await store.exists('a'), false);
  },
  'of writers with one etag at once exactly one wins': async ({ component: store }: Context) => {
    const { etag } = await store.write('a', 'old');
    const texts = Array.from({ length: 10 }, (_, index) => `writer ${index}`);
    const results = await Promise.allSettled(texts.map((text) => store.write('a', text, { ifMatch: etag })));
    const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} writers won`);
    assert.equal(await store.readText('a'), winners[0]);
  },
  'an etag changes whenever the bytes do': async ({ component: store }: Context) => {
    const etags = new Set<string>();
    for (let count = 0; count < 30; count++) etags.add((await store.write('a', `text ${count % 10}`)).etag);
    assert.ok(etags.size >= 10, 'different bytes had one etag');
    const { etag } = await store.write('a', 'one');
    assert.notEqual((await store.write('a', 'two')).etag, etag);
    assert.equal((await store.stat('a')).etag, (await store.stat('a')).etag);
  },
};

const absence = {
  'a missing object is NOT_FOUND': async ({ component: store }: Context) => {
    await store.write('b', 'text');
    for (const path of ['a', 'a/b', 'b/c', 'b/c/d']) {
      await expectCode('NOT_FOUND', () => store.read(path));
      await expectCode('NOT_FOUND', () => store.readText(path));
      await expectCode('NOT_FOUND', () => store.openRead(path));
      await expectCode('NOT_FOUND', () => store.stat(path));
      await expectCode('NOT_FOUND', () => store.size(path));
      await expectCode('NOT_FOUND', () => store.remove(path));
      await expectCode('NOT_FOUND', () => store.copy(path, 'c'));
      await expectCode('NOT_FOUND', () => store.rename(path, 'c'));
      await expectCode('NOT_FOUND', () => store.rename(path, path));
      assert.equal(await store.exists(path), false);
    }
    assert.deepEqual(await paths(store.walk()), ['b']);
  },
  'a directory is no object': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    await expectCode('NOT_FOUND', () => store.read('a'));
    await expectCode('NOT_FOUND', () => store.stat('a'));
    await expectCode('NOT_FOUND', () => store.remove('a'));
    await expectCode('NOT_FOUND', () => store.copy('a', 'c'));
    await expectCode('NOT_FOUND', () => store.rename('a', 'c'));
    assert.equal(await store.readText('a/b'), 'text');
  },
  'exists tells objects and directories from nothing': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.deepEqual(await Promise.all(['', 'a', 'a/b', 'a/b/c', 'a/c', 'b'].map((path) => store.exists(path))), [
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  },
  'the beginning of a key is no key and no directory': async ({ component: store }: Context) => {
    await store.write('abc', 'text');
    await store.write('directory-one/a', 'text');
    assert.equal(await store.exists('ab'), false);
    assert.equal(await store.isDirectory('ab'), false);
    assert.equal(await store.isDirectory('directory'), false);
    assert.deepEqual(await paths(store.list('directory')), []);
    assert.deepEqual(await paths(store.walk('directory')), []);
  },
  'remove takes one object away': async ({ component: store }: Context) => {
    for (const key of ['a', 'ab', 'b/c', 'b/d']) await store.write(key, key);
    await store.remove('a');
    await store.remove('b/c');
    assert.deepEqual(await paths(store.walk()), ['ab', 'b/d']);
    await expectCode('NOT_FOUND', () => store.remove('a'));
  },
};

const directories = {
  'the root is a directory, also when it is empty': async ({ component: store }: Context) => {
    assert.equal(await store.exists(''), true);
    assert.equal(await store.isDirectory(''), true);
    assert.equal(await store.isDirectory(store.root), true);
    assert.deepEqual(await paths(store.list()), []);
    assert.deepEqual(await paths(store.walk()), []);
  },
  'the root is no object': async ({ component: store }: Context) => {
    await expectCode('PATH_INVALID', () => store.read(''));
    await expectCode('PATH_INVALID', () => store.write(store.root, 'text'));
    await expectCode('PATH_INVALID', () => store.remove(''));
  },
  'a directory exists while something is below it': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    await store.write('a/d', 'text');
    assert.equal(await store.isDirectory('a/b'), true);
    await store.remove('a/b/c');
    assert.equal(await store.isDirectory('a/b'), false);
    assert.equal(await store.exists('a/b'), false);
    assert.deepEqual(await paths(store.list('a')), ['a/d']);
    await store.remove('a/d');
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await paths(store.list()), []);
  },
  'an object is no directory': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    assert.equal(await store.isDirectory('a'), false);
    assert.deepEqual(await paths(store.list('a')), []);
    assert.deepEqual(await paths(store.walk('a')), []);
  },
  'an object may take the place of a directory that is gone': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    await store.remove('a/b/c');
    await store.write('a', 'text');
    assert.equal(await store.readText('a'), 'text');
  },
  'list gives what lies directly in a directory': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'a/c/e/f', 'g']) await store.write(key, key);
    assert.deepEqual(await kinds(store.list()), ['directory a', 'file g']);
    assert.deepEqual(await kinds(store.list('a')), ['file a/b', 'directory a/c']);
    assert.deepEqual(await kinds(store.list(`${store.root}/a/c`)), ['file a/c/d', 'directory a/c/e']);
  },
  'walk gives every object below a directory': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'a/c/e/f', 'g']) await store.write(key, key);
    assert.deepEqual(await kinds(store.walk()), ['file a/b', 'file a/c/d', 'file a/c/e/f', 'file g']);
    assert.deepEqual(await paths(store.walk('a/c')), ['a/c/d', 'a/c/e/f']);
  },
  'a directory that does not exist lists nothing': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.deepEqual(await paths(store.list('c')), []);
    assert.deepEqual(await paths(store.walk('a/c/d')), []);
  },
  'listings give the size and the time of each object': async ({ component: store }: Context) => {
    const { size, modifiedAt } = await store.write('a/b', 'four');
    const entries = [...(await collect(store.list('a'))), ...(await collect(store.walk()))];
    assert.deepEqual(entries, [
      { type: 'file', path: 'a/b', size, modifiedAt },
      { type: 'file', path: 'a/b', size, modifiedAt },
    ]);
  },
  'listings are in the order of the UTF-8 bytes of the keys': async ({ component: store }: Context) => {
    const keys = ['A', 'a!', 'a-b', 'a.txt', 'a/b', 'a/b.c', 'a0', 'aa/a', 'b', '~', '\u00e9', '\uFFFD', '\u{1F600}'];
    for (const key of keys.toReversed()) await store.write(key, key);
    assert.deepEqual(await paths(store.walk()), keys);
    const direct = ['A', 'a!', 'a-b', 'a.txt', 'a', 'a0', 'aa', 'b', '~', '\u00e9', '\uFFFD', '\u{1F600}'];
    assert.deepEqual(await paths(store.list()), direct);
  },
  'a listing of more than 1,000 objects is complete and in order': async ({ component: store }: Context) => {
    const keys = Array.from({ length: 1203 }, (_, index) => `many/${String(index * 7919).padStart(8, '0')}`);
    for (const part of inGroups(keys, 50)) await Promise.all(part.map((key) => store.write(key, '')));
    assert.deepEqual(await paths(store.list('many')), keys);
    assert.deepEqual(await paths(store.walk()), keys);
    assert.deepEqual(await paths(store.list()), ['many']);
  },
  'a listing may be left before its end': async ({ component: store }: Context) => {
    for (const key of ['a', 'b', 'c']) await store.write(key, key);
    for await (const { path } of store.walk()) {
      assert.equal(path, 'a');
      break;
    }
    assert.deepEqual(await paths(store.walk()), ['a', 'b', 'c']);
  },
  'removeTree removes what is below a directory and nothing else': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'a/c/d', 'ab/c', 'a-b', 'b']) await store.write(key, key);
    await store.removeTree('a');
    assert.deepEqual(await paths(store.walk()), ['a-b', 'ab/c', 'b']);
    assert.equal(await store.exists('a'), false);
    await store.removeTree('b');
    assert.deepEqual(await paths(store.walk()), ['a-b', 'ab/c']);
  },
  'removeTree of the root empties the store': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'c']) await store.write(key, key);
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
    await store.write('a', 'text');
    assert.equal(await store.readText('a'), 'text');
  },
  'removeTree of nothing is no error': async ({ component: store }: Context) => {
    await store.removeTree('a/b');
    await store.removeTree('');
  },
  'removals and writes in one directory at once lose nothing': async ({ component: store }: Context) => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, worker) => {
        for (let round = 0; round < 15; round++) {
          await store.write(`a/b/c/${worker}`, `${worker}-${round}`);
          assert.equal(await store.readText(`a/b/c/${worker}`), `${worker}-${round}`);
          await store.remove(`a/b/c/${worker}`);
        }
      }),
    );
    assert.deepEqual(await paths(store.walk()), []);
    assert.equal(await store.exists('a'), false);
  },
};

const containment = {
  'a path is a URI below the root, or is relative to it': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    assert.equal(store.resolve('a/b'), `${store.root}/a/b`);
    assert.equal(await store.readText(store.resolve('a/b')), 'text');
    await store.write(`${store.root}/c`, 'more');
    assert.equal(await store.readText('c'), 'more');
    assert.deepEqual(await paths(store.walk(`${store.root}/a`)), ['a/b']);
  },
  'a path of another root is PATH_OUTSIDE_STORE': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    for (const path of [`${store.root}-evil/a`, '/etc/passwd', 'other://bucket/a', '/']) {
      await expectCode('PATH_OUTSIDE_STORE', () => store.read(path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.write(path, 'text'));
      await expectCode('PATH_OUTSIDE_STORE', () => store.copy('a', path));
      await expectCode('PATH_OUTSIDE_STORE', () => store.removeTree(path));
      await expectCode('PATH_OUTSIDE_STORE', () => paths(store.list(path)));
    }
  },
  'a path with .. is PATH_INVALID': async ({ component: store }: Context) => {
    for (const path of ['..', '../a', 'a/../b', 'a/..', `${store.root}/../a`, './a', 'a/.']) {
      await expectCode('PATH_INVALID', () => store.read(path));
      await expectCode('PATH_INVALID', () => store.write(path, 'text'));
      await expectCode('PATH_INVALID', () => store.remove(path));
      await expectCode('PATH_INVALID', () => paths(store.walk(path)));
    }
    assert.deepEqual(await paths(store.walk()), []);
  },
  'a path that no backend can hold is PATH_INVALID': async ({ component: store }: Context) => {
    const tooLong = Array.from({ length: 10 }, () => 'x'.repeat(99)).join('/');
    for (const path of ['a//b', 'a/', 'a\0b', '\uD800', 'x'.repeat(241), '\u00e9'.repeat(121), tooLong]) {
      await expectCode('PATH_INVALID', () => store.write(path, 'text'));
      await expectCode('PATH_INVALID', () => store.exists(path));
    }
  },
  'odd keys are kept byte for byte': async ({ component: store }: Context) => {
    for (const key of oddKeys.filter((candidate) => candidate !== '.stack-staging')) await store.write(key, key);
    for (const key of oddKeys.filter((candidate) => candidate !== '.stack-staging')) {
      assert.equal(await store.readText(key), key, `the object ${JSON.stringify(key)} has the bytes of another`);
    }
    const expected = oddKeys.filter((key) => key !== '.stack-staging').sort(byBytes);
    assert.deepEqual(await paths(store.walk()), expected);
    await store.removeTree('.stack-staging');
    await store.write('.stack-staging', 'text');
    assert.ok((await paths(store.list())).includes('.stack-staging'));
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
  },
};

const conflicts = {
  'a write to a directory is PATH_CONFLICT': async ({ component: store }: Context) => {
    await store.write('a/b/c', 'text');
    for (const path of ['a', 'a/b']) {
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text'));
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text', { ifAbsent: true }));
    }
    assert.deepEqual(await paths(store.walk()), ['a/b/c']);
    assert.equal(await store.readText('a/b/c'), 'text');
  },
  'a write below an object is PATH_CONFLICT': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    for (const path of ['a/b', 'a/b/c']) {
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text'));
      await expectCode('PATH_CONFLICT', () => store.write(path, 'text', { ifAbsent: true }));
    }
    assert.deepEqual(await paths(store.walk()), ['a']);
    assert.equal(await store.readText('a'), 'text');
  },
  'a copy or rename onto a directory is PATH_CONFLICT and loses nothing': async ({ component: store }: Context) => {
    for (const key of ['a/b', 'c', 'd']) await store.write(key, key);
    await expectCode('PATH_CONFLICT', () => store.copy('c', 'a'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'a'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'd/e'));
    await expectCode('PATH_CONFLICT', () => store.rename('c', 'c/e'));
    assert.deepEqual(await paths(store.walk()), ['a/b', 'c', 'd']);
    assert.equal(await store.readText('c'), 'c');
  },
};

const patterns = {
  '* and ? of a glob stay within a segment': async ({ component: store }: Context) => {
    for (const key of ['a.txt', 'ab.txt', 'a/b.txt', 'a/b.csv', 'b/c/d.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('*.txt')), ['a.txt', 'ab.txt']);
    assert.deepEqual(await paths(store.glob('?.txt')), ['a.txt']);
    assert.deepEqual(await paths(store.glob('*/*.txt')), ['a/b.txt']);
    assert.deepEqual(await paths(store.glob('a/b.???')), ['a/b.csv', 'a/b.txt']);
    assert.deepEqual(await paths(store.glob('a?b.txt')), []);
  },
  '** of a glob crosses segments': async ({ component: store }: Context) => {
    for (const key of ['a.txt', 'a/b.txt', 'a/b/c.txt', 'a/b/c.csv', 'd/e.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('**/*.txt')), ['a.txt', 'a/b.txt', 'a/b/c.txt', 'd/e.txt']);
    assert.deepEqual(await paths(store.glob('a/**')), ['a/b.txt', 'a/b/c.csv', 'a/b/c.txt']);
    assert.deepEqual(await paths(store.glob('a/**/c.*')), ['a/b/c.csv', 'a/b/c.txt']);
  },
  '[...] and {...} of a glob are a choice': async ({ component: store }: Context) => {
    for (const key of ['a1', 'a2', 'b1', 'c.csv', 'c.txt']) await store.write(key, key);
    assert.deepEqual(await paths(store.glob('[ab]1')), ['a1', 'b1']);
    assert.deepEqual(await paths(store.glob('[!a]1')), ['b1']);
    assert.deepEqual(await paths(store.glob('c.{csv,txt}')), ['c.csv', 'c.txt']);
  },
};

const moves = {
  'copy keeps the source': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const stat = await store.copy('a', 'b/c');
    assert.deepEqual(await store.read('b/c'), allBytes);
    assert.deepEqual(await store.read('a'), allBytes);
    assert.deepEqual(await store.stat('b/c'), stat);
  },
  'copy replaces the object at the target, unless ifAbsent is set': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await expectCode('ALREADY_EXISTS', () => store.copy('a', 'b', { ifAbsent: true }));
    assert.equal(await store.readText('b'), 'b');
    await store.copy('a', 'b');
    assert.equal(await store.readText('b'), 'a');
  },
  'copy of an object onto itself keeps it': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    await store.copy('a', 'a');
    assert.deepEqual(await store.read('a'), allBytes);
  },
  'rename moves an object': async ({ component: store }: Context) => {
    await store.write('a/b', allBytes);
    const stat = await store.rename('a/b', 'c/d');
    assert.deepEqual(await store.read('c/d'), allBytes);
    assert.deepEqual(await store.stat('c/d'), stat);
    assert.deepEqual(await paths(store.walk()), ['c/d']);
    assert.equal(await store.exists('a'), false);
  },
  'rename replaces the object at the target': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await store.rename('a', 'b');
    assert.equal(await store.readText('b'), 'a');
    assert.deepEqual(await paths(store.walk()), ['b']);
  },
  'a rename that is refused keeps both objects': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    await expectCode('ALREADY_EXISTS', () => store.rename('a', 'b', { ifAbsent: true }));
    await expectCode('PRECONDITION_FAILED', () => store.rename('a', 'b', { ifMatch: 'another' }));
    assert.equal(await store.readText('a'), 'a');
    assert.equal(await store.readText('b'), 'b');
  },
  'rename of an object to its own path keeps it': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    await store.rename('a', store.resolve('a'));
    assert.deepEqual(await store.read('a'), allBytes);
  },
};

const transfers = {
  'a folder that is uploaded is downloaded as it was': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    const files = { 'a.txt': 'a', 'b/c.bin': 'c', 'b/d/ \u00e9 #1.txt': 'd', empty: '' };
    await mkdir(join(folder, 'from', 'b', 'd'), { recursive: true });
    await mkdir(join(folder, 'from', 'nothing'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'from', name), text);
    await store.uploadDirectory(join(folder, 'from'), 'up/here');
    assert.deepEqual(
      await paths(store.walk()),
      Object.keys(files)
        .map((name) => `up/here/${name}`)
        .sort(byBytes),
    );
    await store.write('up/hereafter', 'not below it');
    await store.downloadDirectory('up/here', join(folder, 'to'));
    assert.deepEqual((await readdir(join(folder, 'to'))).sort(), ['a.txt', 'b', 'empty']);
    for (const [name, text] of Object.entries(files)) {
      assert.equal(await readFile(join(folder, 'to', name), 'utf8'), text);
    }
  },
  'a symbolic link in a folder that is uploaded is refused': async ({ component: store, disposables }: Context) => {
    const folder = await temporaryFolder(disposables);
    await symlink('/etc/passwd', join(folder, 'link'));
    await expectCode('ARGUMENT_INVALID', () => store.uploadDirectory(folder, 'a'));
    assert.deepEqual(await paths(store.walk()), []);
  },
};

const sideBySide = {
  'two stores side by side do not see each other': async ({ component: store, createAnother }: Context) => {
    const other = await createAnother();
    await store.write('a', 'of the first');
    assert.equal(await other.exists('a'), false);
    await other.write('a', 'of the second');
    assert.equal(await store.readText('a'), 'of the first');
    await other.removeTree('');
    assert.equal(await store.readText('a'), 'of the first');
    await expectCode('PATH_OUTSIDE_STORE', () => other.read(store.resolve('a')));
  },
  'many operations at once do not disturb each other': async ({ component: store }: Context) => {
    const objects = Array.from({ length: 60 }, (_, index) => ({
      key: `${index % 7}/${index}`,
      bytes: randomBytes(index * 999),
    }));
    await Promise.all(objects.map(({ key, bytes }) => store.write(key, bytes)));
    const read = await Promise.all(objects.map(({ key }) => store.read(key)));
    for (const [index, { key, bytes }] of objects.entries()) assert.ok(read[index]?.equals(bytes), `${key} differs`);
  },
  'an error names the component and the path': async ({ component: store }: Context) => {
    const error = await store.read('some/where').catch((reason: unknown) => reason);
    assert.ok(StackError.is(error, 'NOT_FOUND'));
    assert.match(error.message, /some\/where/);
    assert.ok(error.message.includes(store.name), `"${error.message}" does not name the component`);
  },
};

/** Every case of the suite, by its name. */
export const artifactStoreCases = {
  ...roundTrip,
  ...ranges,
  ...atomicity,
  ...conditions,
  ...absence,
  ...directories,
  ...containment,
  ...conflicts,
  ...patterns,
  ...moves,
  ...transfers,
  ...sideBySide,
} satisfies ConformanceCases<ArtifactStore>;

async function collect(entries: AsyncIterable<ListEntry>): Promise<ListEntry[]> {
  const collected: ListEntry[] = [];
  for await (const entry of entries) collected.push(entry);
  return collected;
}

async function paths(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  return (await collect(entries)).map(({ path }) => path);
}

async function kinds(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  return (await collect(entries)).map(({ type, path }) => `${type} ${path}`);
}

/** The parts as a stream, each in a turn of its own where others shall get theirs in between. */
async function* chunks(parts: readonly (Uint8Array | string)[], inTurns = false): AsyncGenerator<Uint8Array | string> {
  for (const part of parts) {
    if (inTurns) await nextTurn();
    yield part;
  }
}

async function* failingChunks(failure: Error): AsyncGenerator<Uint8Array> {
  yield randomBytes(megabyte);
  throw failure;
}

function inParts(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

async function temporaryFolder(disposables: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-conformance-'));
  disposables.defer(() => rm(folder, { recursive: true }));
  return folder;
}
