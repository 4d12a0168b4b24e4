import assert from 'node:assert/strict';
import type { ArtifactStore } from '@stack/core';
import type { CaseBody } from '../../conformance/conformance-suite.ts';
import type { Context } from './case-context.ts';
import { byBytes, paths } from './listing.ts';
import { type KeyGroup, oddKeys } from './odd-keys.ts';

type KeyCase = `keys with ${KeyGroup} are kept byte for byte, apart from each other`;

/** A case for each kind of keys that a careless store changes. */
export const keyCases = Object.fromEntries(
  Object.entries(oddKeys).map(([group, keys]): [string, CaseBody<ArtifactStore>] => [
    `keys with ${group} are kept byte for byte, apart from each other`,
    (context) => keepKeys(context, keys),
  ]),
) as Record<KeyCase, CaseBody<ArtifactStore>>;

async function keepKeys({ component: store }: Context, keys: readonly string[]): Promise<void> {
  const sorted = [...keys].sort(byBytes);
  await Promise.all(keys.map((key) => store.write(key, key)));
  for (const key of keys) {
    assert.equal(await store.readText(key), key, `the object ${JSON.stringify(key)} has the bytes of another`);
    assert.equal(await store.size(key), Buffer.byteLength(key));
  }
  assert.deepEqual(await paths(store.walk()), sorted);
  const [first = '', ...others] = sorted;
  await store.copy(first, 'moved/copy');
  await store.rename('moved/copy', 'moved/again');
  assert.equal(await store.readText('moved/again'), first);
  await store.removeMany([first, 'moved/again']);
  assert.deepEqual(await paths(store.walk()), others);
  for (const key of others) {
    const directory = key.split('/').slice(0, -1).join('/');
    assert.ok(
      (await paths(store.list(directory))).includes(key),
      `${JSON.stringify(key)} is not listed in its directory`,
    );
  }
  await store.removeTree('');
  assert.deepEqual(await paths(store.walk()), []);
}
