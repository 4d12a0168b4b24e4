import { type SecretStore, StackError } from '@stack/core';
import type { ConformanceOptions } from '../conformance/conformance-suite.ts';
import type { SecretStoreHooks } from '../secret-store/secret-store-cases.ts';

/**
 * What the suite takes of a secret store of one config, whose secrets are deleted after each case.
 *
 * @throws IN_USE when there are secrets already, which would be deleted too
 * @throws ARGUMENT_INVALID for a store that takes no writes
 */
export async function configuredSecretStore(
  create: () => Promise<SecretStore>,
): Promise<Pick<ConformanceOptions<SecretStore, string>, 'create'> & SecretStoreHooks> {
  await using store = await create();
  if (store.hasCapability('read-only')) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The ${store} takes no writes, so that the cases cannot give it secrets to read.`,
      hint: 'Check it in a test of its own: testSecretStore of @stack/testkit takes a function `plant`, which puts a secret where the store finds it.',
    });
  }
  const { length } = await store.list();
  if (length > 0) {
    throw new StackError({
      code: 'IN_USE',
      message: `The ${store} holds ${length === 1 ? 'a secret' : `${length} secrets`}, which the cases would delete.`,
      hint: 'Give the config of a place without secrets, e.g. with a prefix of its own.',
    });
  }
  return {
    create: async (disposables) => {
      const component = await create();
      disposables.defer(() => deleteSecrets(component));
      return component;
    },
    reopen: create,
  };
}

async function deleteSecrets(store: SecretStore): Promise<void> {
  for (const { name, scope } of await store.list()) await store.delete(name, { scope });
}
