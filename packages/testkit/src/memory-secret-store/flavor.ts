import { defineFlavor } from '@stack/core';
import { memorySecretStoreConfigSchema } from './config.ts';

/**
 * Keeps secrets in the memory of the process: for tests, and to read as the shortest store that keeps the contract. The
 * override `memory`, a `Map`, is shared by the components that are given it. Default: each has its own.
 */
export const memorySecretStoreFlavor = defineFlavor({
  type: 'secret-store',
  name: 'memory',
  displayName: 'Memory of this process',
  isLocal: true,
  configSchema: memorySecretStoreConfigSchema,
  capabilities: ['personal'],
  implementation: () => import('./implementation.ts'),
});
