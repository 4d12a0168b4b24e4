import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent } from '@stack/core';
import { artifactStoreGaps, testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { localArtifactStoreFlavor } from './flavor.ts';

testArtifactStore(
  {
    name: 'local artifact store',
    create: async (disposables) => {
      const path = await mkdtemp(join(tmpdir(), 'stack-local-'));
      disposables.defer(() => rm(path, { recursive: true }));
      return createComponent(localArtifactStoreFlavor, { name: 'local', config: { path } });
    },
    unsupported: artifactStoreGaps({ signedUrl: 'a folder has no address' }),
  },
  { describe, it },
);
