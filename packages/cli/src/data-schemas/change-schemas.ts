import * as z from 'zod';
import { flavorSchema } from './flavor-schemas.ts';
import { componentSchema, jsonObjectSchema, timeSchema } from './record-schemas.ts';

const changes = z
  .array(z.object({ path: z.string(), before: z.json().optional(), after: z.json().optional() }))
  .describe('What is different, by dotted path.');

/** There, and true, for a dry run. */
const dryRun = z.literal(true).optional().describe('Nothing was written.');

export const changedComponentSchema = componentSchema.extend({ changes: changes.optional(), dryRun });

export const describedComponentSchema = componentSchema.extend({
  earlierVersions: z.array(
    z.object({ configVersion: z.int(), config: jsonObjectSchema, settings: jsonObjectSchema, replacedAt: timeSchema }),
  ),
});

export const changedFlavorSchema = flavorSchema.extend({ changes: changes.optional(), dryRun });

export const deletedFlavorSchema = flavorSchema.pick({ type: true, name: true, origin: true }).extend({ dryRun });

export const deletedComponentSchema = z.object({ type: z.string(), id: z.uuid(), name: z.string(), dryRun });

export const migrationSchema = z.object({
  migrated: z.array(z.object({ type: z.string(), id: z.uuid(), name: z.string(), changes })),
  dryRun,
});
