import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes, chunks, inParts, megabyte } from './chunks.ts';
import { paths } from './listing.ts';

export const digestCases = {
  'a write with digest gives the SHA-256 of its bytes': async ({ component: store }: Context) => {
    const bytes = randomBytes(300_000);
    const sha256 = hash('sha256', bytes);
    assert.equal((await store.write('bytes', bytes, { digest: true })).sha256, sha256);
    assert.equal((await store.write('stream', chunks(inParts(bytes, 70_001)), { digest: true })).sha256, sha256);
    assert.equal((await store.write('text', 'h\u00e9', { digest: true })).sha256, hash('sha256', 'h\u00e9'));
    assert.equal((await store.write('empty', '', { digest: true })).sha256, hash('sha256', ''));
  },
  'a digest that the store knows is that of the bytes': async ({ component: store }: Context) => {
    const check = async (key: string, bytes: Uint8Array) => {
      const { sha256 } = await store.stat(key);
      if (sha256 !== undefined) assert.equal(sha256, hash('sha256', bytes), `the SHA-256 of ${key} is another`);
      expectBytes(await store.read(key), bytes);
    };
    const [first, second] = [randomBytes(1000), randomBytes(1000)];
    await store.write('a', first, { digest: true });
    await check('a', first);
    await store.copy('a', 'b');
    await check('b', first);
    await store.write('a', second);
    await check('a', second);
    await store.write('a', chunks([first, second]), { digest: true });
    await check('a', Buffer.concat([first, second]));
    await store.rename('a', 'c');
    await check('c', Buffer.concat([first, second]));
  },
  'a write of the bytes that sha256 promises is done': async ({ component: store }: Context) => {
    const sha256 = hash('sha256', allBytes);
    assert.equal((await store.write('bytes', allBytes, { sha256 })).sha256, sha256);
    await store.write('stream', chunks(inParts(allBytes, 100)), { sha256 });
    await pipeline(Readable.from(inParts(allBytes, 100)), await store.openWrite('open', { sha256 }));
    for (const key of ['bytes', 'stream', 'open']) expectBytes(await store.read(key, { sha256 }), allBytes);
  },
  'a write of other bytes than sha256 promises is INTEGRITY and leaves what was there': async ({
    component: store,
  }: Context) => {
    await store.write('a', 'old');
    const sha256 = hash('sha256', allBytes);
    const others = [...inParts(randomBytes(megabyte), 100_000), 'the end'];
    for (const key of ['a', 'b/c']) {
      await expectCode('INTEGRITY', () => store.write(key, 'others', { sha256 }));
      await expectCode('INTEGRITY', () => store.write(key, chunks(others), { sha256 }));
      await expectCode('INTEGRITY', async () => pipeline(chunks(others), await store.openWrite(key, { sha256 })));
    }
    assert.equal(await store.readText('a'), 'old');
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
  'a read of other bytes than sha256 promises is INTEGRITY': async ({ component: store }: Context) => {
    const large = randomBytes(megabyte);
    await store.write('small', 'others');
    await store.write('large', large);
    const sha256 = hash('sha256', allBytes);
    for (const key of ['small', 'large']) {
      await expectCode('INTEGRITY', () => store.read(key, { sha256 }));
      await expectCode('INTEGRITY', () => store.readText(key, { sha256 }));
      await expectCode('INTEGRITY', async () => buffer(await store.openRead(key, { sha256 })));
    }
    expectBytes(await store.read('large', { sha256: hash('sha256', large) }), large);
  },
  'a sha256 that is none, or of a part, is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    await store.write('a', allBytes);
    const sha256 = hash('sha256', allBytes);
    for (const wrong of ['', sha256.slice(1), sha256.toUpperCase(), hash('sha512', 'a')]) {
      await expectCode('ARGUMENT_INVALID', () => store.read('a', { sha256: wrong }));
      await expectCode('ARGUMENT_INVALID', () => store.write('b', allBytes, { sha256: wrong }));
      await expectCode('ARGUMENT_INVALID', () => store.write('b', chunks([allBytes]), { sha256: wrong }));
    }
    await expectCode('ARGUMENT_INVALID', () => store.read('a', { sha256, start: 1 }));
    await expectCode('ARGUMENT_INVALID', () => store.read('a', { sha256, end: 10 }));
    assert.deepEqual(await paths(store.walk()), ['a']);
  },
} satisfies ConformanceCases<ArtifactStore>;
