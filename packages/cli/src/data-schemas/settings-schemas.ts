import { settingsOrigins } from '@stack/core';
import * as z from 'zod';

const settings = z.array(
  z.object({
    component: z.string().describe('As `type:name`.'),
    setting: z.string().describe('Its dotted path.'),
    value: z.json().describe('`null` where a level takes back what weaker ones say.'),
    origin: z.enum([...settingsOrigins, 'default']),
    isInForce: z.boolean().describe('Whether no stronger level says otherwise.'),
  }),
);

export const settingsExplanationSchema = z.object({
  pipeline: z.string(),
  stack: z.string(),
  settings: settings.describe('Those of the run as a whole.'),
  steps: z.array(z.object({ step: z.string(), settings })),
  ignored: z
    .array(
      z.object({
        selector: z.string(),
        origin: z.enum(settingsOrigins).exclude(['component']),
        step: z.string().optional(),
        reason: z.string(),
      }),
    )
    .describe('Settings that this stack has no component for.'),
});
