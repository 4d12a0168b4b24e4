import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent } from '@stack/core';
import { testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { localArtifactStoreFlavor } from './flavor.ts';

const noAddress = 'a folder has no address';

testArtifactStore(
  {
    name: 'local artifact store',
    create: async (disposables) => {
      const path = await mkdtemp(join(tmpdir(), 'stack-local-'));
      disposables.defer(() => rm(path, { recursive: true }));
      return createComponent(localArtifactStoreFlavor, { name: 'local', config: { path } });
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
