import assert from 'node:assert/strict';
import { type ArtifactStore, StackError } from '@stack/core';
import type { ConditionalCase } from '../../conformance/conformance-suite.ts';
import type { ArtifactStoreHooks, DeniedHooks } from '../artifact-store-hooks.ts';
import type { Context } from './case-context.ts';
import { expectNoSecrets } from './error-contents.ts';
import { paths } from './listing.ts';
import { operations } from './operations.ts';

type DeniedCase = ConditionalCase<ArtifactStore, ArtifactStoreHooks>;

/** Stores whose credentials the system refuses. */
export const deniedCases = {
  'wrong credentials are ACCESS_DENIED and change nothing': deniedCase('wrong', refuseEverything),
  'expired credentials are ACCESS_DENIED and change nothing': deniedCase('expired', refuseEverything),
  'an error of wrong credentials does not hold them': deniedCase('wrong', holdNoSecrets),
  'an error of expired credentials does not hold them': deniedCase('expired', holdNoSecrets),
  'a store with wrong credentials disturbs none beside it': deniedCase(
    'wrong',
    async ({ component: store }, denied) => {
      const failing = Promise.allSettled(Array.from({ length: 5 }, () => denied.read('a')));
      await store.write('a', 'text');
      assert.equal(await store.readText('a'), 'text');
      await failing;
      await denied[Symbol.asyncDispose]();
      assert.equal(await store.readText('a'), 'text');
    },
  ),
};

function deniedCase(
  kind: keyof DeniedHooks,
  run: (context: Context, denied: ArtifactStore) => Promise<void>,
): DeniedCase {
  return {
    obstacle: ({ denied }) => (denied?.[kind] === undefined ? `there are no ${kind} credentials to try` : undefined),
    run: async (context) => {
      const store = await context.hooks.denied?.[kind]?.(context.component.root);
      if (store !== undefined) await run(context, context.disposables.use(store));
    },
  };
}

async function refuseEverything({ component: store, disposables }: Context, denied: ArtifactStore): Promise<void> {
  await store.write('a', 'text');
  for (const [name, operation] of Object.entries(operations(denied, disposables))) {
    const error = await operation(undefined).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(StackError.is(error, 'ACCESS_DENIED'), `${name} is ${StackError.is(error) ? error.code : error}`);
  }
  assert.deepEqual(await paths(store.walk()), ['a']);
  assert.equal(await store.readText('a'), 'text');
}

async function holdNoSecrets({ component: store, disposables }: Context, denied: ArtifactStore): Promise<void> {
  await store.write('a', 'text');
  for (const operation of Object.values(operations(denied, disposables))) {
    expectNoSecrets(await operation(undefined).catch((reason: unknown) => reason), denied);
  }
}
