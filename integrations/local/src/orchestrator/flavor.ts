import { defineFlavor } from '@stack/core';
import { localOrchestratorConfigSchema, localOrchestratorSettingsSchema } from './config.ts';

/** Runs steps in this process, at once where they do not depend on each other. */
export const localOrchestratorFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'local',
  displayName: 'This process',
  isLocal: true,
  configSchema: localOrchestratorConfigSchema,
  settingsSchema: localOrchestratorSettingsSchema,
  implementation: () => import('./implementation.ts'),
});
