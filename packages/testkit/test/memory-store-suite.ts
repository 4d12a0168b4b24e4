// What an author's file is that node:test runs. test-runners.test.ts starts it.
import { describe, it } from 'node:test';
import { createComponent } from '@stack/core';
import { artifactStoreGaps, memoryArtifactStoreFlavor, testArtifactStore } from '@stack/testkit';

let stores = 0;

testArtifactStore(
  {
    name: 'memory artifact store',
    create: () =>
      createComponent(memoryArtifactStoreFlavor, { name: 'memory', config: { path: `memory://${stores++}` } }),
    unsupported: {
      ...artifactStoreGaps({ signedUrl: 'memory has no address' }),
      'text is kept as UTF-8': 'it is said so, and is not',
    },
  },
  { describe, it },
);
