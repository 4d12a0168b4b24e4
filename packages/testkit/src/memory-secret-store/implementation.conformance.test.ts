import { createComponent } from '@stack/core';
import { describe, it } from 'vitest';
import { secretStoreGaps, testSecretStore } from '../secret-store/test-secret-store.ts';
import { memorySecretStoreFlavor } from './flavor.ts';

const memories = new WeakMap<object, Map<unknown, unknown>>();

async function open(memory: Map<unknown, unknown>) {
  const store = await createComponent(memorySecretStoreFlavor, { name: 'memory', config: {} }, { memory });
  memories.set(store, memory);
  return store;
}

testSecretStore(
  {
    name: 'memory secret store',
    create: () => open(new Map()),
    reopen: (store) => open(memories.get(store) ?? new Map()),
    unsupported: secretStoreGaps({ rekey: 'memory is not encrypted' }),
  },
  { describe, it },
);
