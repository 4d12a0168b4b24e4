import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { chunks, failingChunks, megabyte, settlingTime } from './chunks.ts';
import { paths } from './listing.ts';

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
    assert.deepEqual(await store.collectGarbage(), []);
    await store.collectGarbage({ olderThan: 0, dryRun: true });
    finish();
    await writing;
    assert.equal(await store.size('a'), megabyte + 3);
  },
  'collectGarbage of an age that is none is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    for (const olderThan of [-1, Number.NaN]) {
      await expectCode('ARGUMENT_INVALID', () => store.collectGarbage({ olderThan }));
    }
  },
} satisfies ConformanceCases<ArtifactStore>;
