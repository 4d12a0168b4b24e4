import { createComponent } from '@stack/core';
import { describe, it } from 'vitest';
import { artifactStoreGaps, testArtifactStore } from '../artifact-store/test-artifact-store.ts';
import { memoryArtifactStoreFlavor } from './flavor.ts';

let stores = 0;

testArtifactStore(
  {
    name: 'memory artifact store',
    create: () =>
      createComponent(memoryArtifactStoreFlavor, { name: 'memory', config: { path: `memory://${stores++}` } }),
    maximumObjectSize: 256 * 1024 * 1024,
    unsupported: artifactStoreGaps({ signedUrl: 'memory has no address' }),
  },
  { describe, it },
);
