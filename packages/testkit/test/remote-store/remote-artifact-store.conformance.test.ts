import { artifactStoreGaps, testArtifactStore } from '@stack/testkit';
import { afterAll, describe, it } from 'vitest';
import { RemoteStores } from './remote-stores.ts';

const stores = await RemoteStores.start();
afterAll(() => stores[Symbol.asyncDispose]());

testArtifactStore(
  {
    name: 'remote artifact store',
    ...stores.options(),
    unsupported: artifactStoreGaps({ signedUrl: 'its server signs nothing' }),
  },
  { describe, it },
);
