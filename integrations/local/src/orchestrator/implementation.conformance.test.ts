import { createComponent } from '@stack/core';
import { testOrchestrator } from '@stack/testkit';
import { describe, it } from 'vitest';
import { localOrchestratorFlavor } from './flavor.ts';

testOrchestrator(
  {
    name: 'local orchestrator',
    create: () => createComponent(localOrchestratorFlavor, { name: 'local', config: {}, settings: { concurrency: 4 } }),
    workerSettings: { concurrency: 4, isolation: 'process' },
    limitedSettings: { isolation: 'process', memoryLimit: 256 },
  },
  { describe, it },
);
