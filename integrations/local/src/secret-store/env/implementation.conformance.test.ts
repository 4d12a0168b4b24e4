import { createComponent, secretVariable } from '@stack/core';
import { secretStoreGaps, testSecretStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { envSecretStoreFlavor } from './flavor.ts';

const environments = new WeakMap<object, Record<string, string>>();

async function open(environment: Record<string, string>) {
  const store = await createComponent(envSecretStoreFlavor, { name: 'env', config: {} }, { environment });
  environments.set(store, environment);
  return store;
}

testSecretStore(
  {
    name: 'env secret store',
    create: () => open({}),
    reopen: (store) => open(environments.get(store) ?? {}),
    plant: async (store, name, values) => {
      const environment = environments.get(store) ?? {};
      for (const [key, value] of Object.entries(values)) environment[secretVariable({ name, key })] = value;
    },
    unsupported: {
      ...secretStoreGaps({
        writes: 'variables are set by whoever starts the process',
        personal: 'variables are of a process',
        rekey: 'variables are not encrypted',
      }),
      'every name and key that there may be is kept': 'variables have no lower case, and no - and .',
      'names and keys that differ in case, or in - and _, are different ones':
        'variables have no lower case, and no - and .',
    },
  },
  { describe, it },
);
