import { runSetting } from '@stack/core';
import * as z from 'zod';

export const localOrchestratorConfigSchema = z.object({});

export type LocalOrchestratorConfig = z.output<typeof localOrchestratorConfigSchema>;

export const localOrchestratorSettingsSchema = z.object({
  concurrency: runSetting(
    z.int().min(1).optional().describe('How many steps run at once. Default: the number of cores'),
  ),
});

export type LocalOrchestratorSettings = z.output<typeof localOrchestratorSettingsSchema>;
