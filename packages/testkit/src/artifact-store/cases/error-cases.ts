import assert from 'node:assert/strict';
import { type ArtifactStore, errorCodes, StackError } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import type { Context } from './case-context.ts';
import { expectNoSecrets } from './error-contents.ts';

export const errorCases = {
  'an error names the operation, the component and the path': async ({ component: store }: Context) => {
    await store.write('some/object', 'text');
    const refusals = {
      read: () => store.read('some/where'),
      stat: () => store.stat('some/where'),
      removal: () => store.remove('some/where'),
      copy: () => store.copy('some/where', 'b'),
      rename: () => store.rename('some/where', 'b'),
      write: () => store.write('some/object', 'new', { ifAbsent: true }),
    };
    for (const [operation, refusal] of Object.entries(refusals)) {
      const error = await refusal().catch((reason: unknown) => reason);
      assert.ok(StackError.is(error), `the ${operation} rejects with ${error}`);
      for (const part of [operation, store.name, 'some/']) {
        assert.ok(error.message.includes(part), `"${error.message}" does not name ${part}`);
      }
    }
  },
  'an error is a StackError of a known code, without secrets': async ({ component: store }: Context) => {
    await store.write('a/b', 'text');
    const refusals = [
      () => store.read('nothing'),
      () => store.write('a', 'text'),
      () => store.write('a/b/c', 'text'),
      () => store.write('a/b', 'text', { ifAbsent: true }),
      () => store.write('a/b', 'text', { ifMatch: 'another' }),
      () => store.read('../a'),
      () => store.read('other://a'),
    ];
    for (const refusal of refusals) {
      const error = await refusal().catch((reason: unknown) => reason);
      assert.ok(StackError.is(error), String(error));
      assert.ok(Object.hasOwn(errorCodes, error.code), `${error.code} is no code`);
      expectNoSecrets(error, store);
    }
  },
} satisfies ConformanceCases<ArtifactStore>;
