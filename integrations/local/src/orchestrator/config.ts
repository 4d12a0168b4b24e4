import { runSetting } from '@stack/core';
import * as z from 'zod';

export const localOrchestratorConfigSchema = z.object({});

export type LocalOrchestratorConfig = z.output<typeof localOrchestratorConfigSchema>;

export const localOrchestratorSettingsSchema = z.object({
  concurrency: runSetting(
    z.int().min(1).optional().describe('How many steps run at once. Default: the number of cores'),
  ),
  isolation: z
    .enum(['none', 'process'])
    .optional()
    .describe('Whether a step runs in a process of its own, which can block, leak and crash alone. Default: none'),
  memoryLimit: z
    .int()
    .min(128)
    .optional()
    .describe('MiB that the process of a step may take, its share of Stack of some 100 included. Default: no limit'),
  timeLimit: z
    .int()
    .min(1)
    .optional()
    .describe('Milliseconds that the process of a step may take, its start included. Default: no limit'),
});

export type LocalOrchestratorSettings = z.output<typeof localOrchestratorSettingsSchema>;
