import { createComponent } from '@stack/core';
import { artifactStoreGaps, memoryArtifactStoreFlavor, testArtifactStore } from '@stack/testkit';

let stores = 0;

/** The suite as an author registers it, with one declaration that is not true. */
export function registerMemorySuite(runner) {
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
    runner,
  );
}
