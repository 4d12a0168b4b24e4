import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent } from '@stack/core';
import { artifactStoreGaps, testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { myArtifactStoreFlavor } from './my-flavor.ts';

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
    unsupported: artifactStoreGaps({ signedUrl: 'a database in a folder has no address' }),
  },
  { describe, it },
);
