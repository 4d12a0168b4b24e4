import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent } from '@stack/core';
import { testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { myArtifactStoreFlavor } from './my-flavor.ts';

const noAddress = 'a database in a folder has no address';

testArtifactStore(
  {
    name: 'my artifact store',
    create: async (disposables) => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-my-artifact-store-'));
      disposables.defer(() => rm(folder, { recursive: true }));
      return createComponent(myArtifactStoreFlavor, {
        name: 'mine',
        config: { path: `lmdb://${folder}`, waitForDisk: false },
      });
    },
    unsupported: {
      'a signed URL for get gives the bytes without credentials': noAddress,
      'a signed URL for put writes the object without credentials': noAddress,
      'a signed URL allows one method on one object': noAddress,
      'a signed URL expires': noAddress,
    },
  },
  { describe, it },
);
