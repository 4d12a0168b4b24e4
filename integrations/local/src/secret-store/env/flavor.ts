import { defineFlavor } from '@stack/core';
import { envSecretStoreConfigSchema } from './config.ts';

/** Finds secrets in the environment variables of this process: `STACK_SECRET_<NAME>__<KEY>`. */
export const envSecretStoreFlavor = defineFlavor({
  type: 'secret-store',
  name: 'env',
  displayName: 'Environment variables',
  configSchema: envSecretStoreConfigSchema,
  capabilities: ['read-only'],
  implementation: () => import('./implementation.ts'),
});
