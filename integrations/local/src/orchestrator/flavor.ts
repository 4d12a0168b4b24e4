import { defineFlavor, type SettingsChange, type SettingsInputOf } from '@stack/core';
import { localOrchestratorConfigSchema, localOrchestratorSettingsSchema } from './config.ts';

/** Runs steps on this machine, at once where they do not depend on each other: in this process, or each in one of its own. */
export const localOrchestratorFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'local',
  displayName: 'This machine',
  isLocal: true,
  configSchema: localOrchestratorConfigSchema,
  settingsSchema: localOrchestratorSettingsSchema,
  implementation: () => import('./implementation.ts'),
});

declare module '@stack/core' {
  interface SettingsBySelector {
    readonly 'orchestrator.local'?: SettingsChange<SettingsInputOf<typeof localOrchestratorFlavor>> | undefined;
  }
}
