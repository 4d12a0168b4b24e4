import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { chunks, failingChunks, megabyte } from './chunks.ts';
import { paths } from './listing.ts';
import { halfWritten, sizeOfHalfWritten } from './writes-under-way.ts';

export const garbageCases = {
  'collectGarbage leaves objects alone': async ({ component: store }: Context) => {
    for (const key of ['a', 'b/c', '.stack-staging/d']) await store.write(key, key);
    await store.collectGarbage({ olderThan: 0 });
    assert.deepEqual(await paths(store.walk()), ['.stack-staging/d', 'a', 'b/c']);
    assert.equal(await store.readText('.stack-staging/d'), '.stack-staging/d');
  },
  'collectGarbage finds nothing after writes that ended, failed or were aborted': async ({
    component: store,
  }: Context) => {
    const controller = new AbortController();
    await store.write('a', chunks([randomBytes(megabyte)]));
    await assert.rejects(store.write('b', failingChunks(new Error('the source failed'))));
    const source = (async function* () {
      yield randomBytes(megabyte);
      controller.abort();
      yield randomBytes(megabyte);
    })();
    await expectCode('ABORTED', () => store.write('c', source, { signal: controller.signal }));
    assert.deepEqual(await store.collectGarbage({ olderThan: 0 }), []);
  },
  'collectGarbage leaves a write that is under way alone': async ({ component: store }: Context) => {
    const finish = await halfWritten(store, 'a');
    assert.deepEqual(await store.collectGarbage(), []);
    await store.collectGarbage({ olderThan: 0, dryRun: true });
    await finish();
    assert.equal(await store.size('a'), sizeOfHalfWritten);
  },
  'collectGarbage of an age that is none is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    for (const olderThan of [-1, Number.NaN]) {
      await expectCode('ARGUMENT_INVALID', () => store.collectGarbage({ olderThan }));
    }
  },
} satisfies ConformanceCases<ArtifactStore>;
