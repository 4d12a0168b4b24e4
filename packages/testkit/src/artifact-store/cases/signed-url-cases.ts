import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';
import { allBytes } from './chunks.ts';
import { oddKeys } from './odd-keys.ts';

/** What a store with the capability `signedUrl` can do. */
export const signedUrlCases = {
  'a signed URL for get gives the bytes without credentials': async ({ component: store }: Context) => {
    for (const key of ['a/b', ...Object.values(oddKeys).map((keys) => keys[1])]) {
      await store.write(key, allBytes);
      const { url, headers } = await store.signedUrl(key, { expiresIn: 60 });
      const response = await fetch(url, { headers });
      assert.equal(response.status, 200, `${JSON.stringify(key)} is answered by ${response.status}`);
      expectBytes(Buffer.from(await response.arrayBuffer()), allBytes);
    }
  },
  'a signed URL for put writes the object without credentials': async ({ component: store }: Context) => {
    const { url, headers } = await store.signedUrl('a/ b', { method: 'put', expiresIn: 60 });
    const response = await fetch(url, { method: 'PUT', headers, body: allBytes });
    assert.ok(response.ok, `it is answered by ${response.status}`);
    expectBytes(await store.read('a/ b'), allBytes);
  },
  'a signed URL allows one method on one object': async ({ component: store }: Context) => {
    for (const key of ['a', 'b']) await store.write(key, key);
    const { url, headers } = await store.signedUrl('a');
    const written = await fetch(url, { method: 'PUT', headers, body: 'new' });
    assert.ok(!written.ok, 'a URL for get writes');
    const address = new URL(url);
    address.pathname = address.pathname.replace(/a$/, 'b');
    assert.ok(!(await fetch(address, { headers })).ok, 'a URL of one object gives another');
    assert.equal(await store.readText('a'), 'a');
  },
  'a signed URL expires': async ({ component: store }: Context) => {
    await store.write('a', 'text');
    const { url, headers, expiresAt } = await store.signedUrl('a', { expiresIn: 1 });
    const left = expiresAt.getTime() - Date.now();
    assert.ok(left > -60_000 && left < 60_000, `it expires in ${left} ms`);
    await delay(2500);
    assert.ok(!(await fetch(url, { headers })).ok, 'it still gives the object');
  },
} satisfies ConformanceCases<ArtifactStore>;

/** What holds of every store, whether it can sign or not. */
export const signedUrlArgumentCases = {
  'signedUrl is CAPABILITY_UNSUPPORTED unless the capability is declared': async ({ component: store }: Context) => {
    for (const method of ['get', 'put'] as const) {
      if (store.hasCapability('signedUrl')) assert.ok(URL.canParse((await store.signedUrl('a', { method })).url));
      else await expectCode('CAPABILITY_UNSUPPORTED', () => store.signedUrl('a', { method }));
    }
  },
  'a signed URL that would expire never or at once is ARGUMENT_INVALID': async ({ component: store }: Context) => {
    for (const expiresIn of [0, -1, 0.5, 604_801, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expectCode('ARGUMENT_INVALID', () => store.signedUrl('a', { expiresIn }));
    }
  },
} satisfies ConformanceCases<ArtifactStore>;
