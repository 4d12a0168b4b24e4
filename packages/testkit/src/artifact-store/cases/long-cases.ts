import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { ArtifactStore } from '@stack/core';
import type { ConditionalCase } from '../../conformance/conformance-suite.ts';
import { expectBytes, expectTexts } from '../../conformance/expect-bytes.ts';
import type { ArtifactStoreHooks } from '../artifact-store-hooks.ts';
import { type Context, longCases } from './case-context.ts';
import { megabyte } from './chunks.ts';
import { paths } from './listing.ts';

const gigabyte = 1024 * megabyte;

/** What takes minutes on a real server. */
export const manyObjectCases = longCases({
  'a listing of 5,000 objects in one directory is complete and in order': async ({ component: store }) => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `many/${String((index * 7919) % 5_000).padStart(6, '0')}`);
    await writeAll(store, keys);
    expectTexts(await paths(store.list('many')), keys.toSorted());
    expectTexts(await paths(store.walk()), keys.toSorted());
    await store.removeTree('many');
    assert.deepEqual(await paths(store.walk()), []);
  },
  'a listing of 10,000 objects in 100 directories is complete and in order': async ({ component: store }) => {
    const directories = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, '0'));
    const keys = directories.flatMap((directory) => directories.map((name) => `${directory}/${name}`));
    await writeAll(store, keys.toReversed());
    expectTexts(await paths(store.walk()), keys);
    expectTexts(await paths(store.list()), directories);
    assert.equal((await paths(store.glob('05?/00*'))).length, 100);
    await store.removeTree('');
    assert.deepEqual(await paths(store.walk()), []);
  },
  '300 writes and reads at once all succeed': async ({ component: store }) => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const bytes = Buffer.alloc(100_000 + index, index);
        await store.write(`at-once/${index}`, bytes);
        expectBytes(await store.read(`at-once/${index}`), bytes, `at-once/${index}`);
      }),
    );
  },
});

/** Objects of gigabytes, which pass by in pieces. */
export const hugeObjectCases = {
  'an object of 5 GiB keeps its size, its ends and its digest': hugeCase(5 * gigabyte, async ({ component: store }) => {
    const size = 5 * gigabyte;
    const { sha256 } = await store.write('huge', zeros(size), { digest: true });
    assert.equal(await store.size('huge'), size);
    const beyond32Bits = 2 ** 32 + 1;
    expectBytes(await store.read('huge', { start: beyond32Bits, end: beyond32Bits + 9 }), Buffer.alloc(9));
    expectBytes(await store.read('huge', { start: size - 3 }), Buffer.from('\0\0!'));
    assert.equal((await buffer(await store.openRead('huge', { start: size }))).length, 0);
    const hash = createHash('sha256');
    let length = 0;
    for await (const piece of (await store.openRead('huge')) as AsyncIterable<Buffer>) {
      hash.update(piece);
      length += piece.length;
    }
    assert.equal(length, size);
    assert.equal(hash.digest('hex'), sha256);
  }),
  'a large object takes little memory on its way': hugeCase(gigabyte, async ({ component: store }) => {
    const before = process.memoryUsage.rss();
    let peak = before;
    const measure = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    try {
      await store.write('large', zeros(gigabyte));
      for await (const _ of await store.openRead('large'));
    } finally {
      clearInterval(measure);
    }
    const grown = (peak - before) / megabyte;
    assert.ok(grown < 300, `the process grew by ${Math.round(grown)} MiB`);
  }),
};

function hugeCase(
  size: number,
  run: (context: Context) => Promise<void>,
): ConditionalCase<ArtifactStore, ArtifactStoreHooks> {
  return {
    obstacle: ({ maximumObjectSize = Infinity }) => {
      if (!process.env.STACK_TEST_LONG) return 'only with STACK_TEST_LONG=1';
      return maximumObjectSize < size ? `it takes objects of ${maximumObjectSize} bytes at most` : undefined;
    },
    run,
  };
}

/** So many bytes: zeros, and a sign at the end. */
async function* zeros(size: number): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(megabyte);
  for (let left = size - 1; left > 0; left -= piece.length) yield piece.subarray(0, Math.min(piece.length, left));
  yield Buffer.from('!');
}

async function writeAll(store: ArtifactStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += 50) {
    await Promise.all(keys.slice(start, start + 50).map((key) => store.write(key, '')));
  }
}
