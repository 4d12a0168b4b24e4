import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { expectCode } from '../../conformance/expect-code.ts';
import type { Context } from './case-context.ts';

export const sideBySideCases = {
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
    for (const [index, { key, bytes }] of objects.entries()) expectBytes(read[index], bytes, key);
  },
} satisfies ConformanceCases<ArtifactStore>;
