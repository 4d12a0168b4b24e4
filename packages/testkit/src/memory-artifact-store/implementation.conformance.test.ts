import { createComponent } from '@stack/core';
import { describe, it } from 'vitest';
import { testArtifactStore } from '../artifact-store/test-artifact-store.ts';
import { memoryArtifactStoreFlavor } from './flavor.ts';

let stores = 0;

const noAddress = 'memory has no address';

testArtifactStore(
  {
    name: 'memory artifact store',
    create: () =>
      createComponent(memoryArtifactStoreFlavor, { name: 'memory', config: { path: `memory://${stores++}` } }),
    unsupported: {
      'a signed URL for get gives the bytes without credentials': noAddress,
      'a signed URL for put writes the object without credentials': noAddress,
      'a signed URL allows one method on one object': noAddress,
      'a signed URL expires': noAddress,
    },
  },
  { describe, it },
);
