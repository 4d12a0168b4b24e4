import { createComponent } from '@stack/core';
import { describe, it } from 'vitest';
import { testArtifactStore } from '../artifact-store/test-artifact-store.ts';
import { memoryArtifactStoreFlavor } from './flavor.ts';

let stores = 0;

testArtifactStore(
  {
    name: 'memory artifact store',
    create: () =>
      createComponent(memoryArtifactStoreFlavor, { name: 'memory', config: { path: `memory://${stores++}` } }),
  },
  { describe, it },
);
