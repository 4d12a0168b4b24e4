import { defineFlavor } from '@stack/core';
import { localSecretStoreConfigSchema } from './config.ts';

/** Keeps secrets in the metadata store of the project, encrypted with a key of this machine. */
export const localSecretStoreFlavor = defineFlavor({
  type: 'secret-store',
  name: 'local',
  displayName: 'Metadata store, encrypted',
  configSchema: localSecretStoreConfigSchema,
  capabilities: ['personal', 'rekey'],
  implementation: () => import('./implementation.ts'),
});
