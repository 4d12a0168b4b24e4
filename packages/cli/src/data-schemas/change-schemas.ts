import * as z from 'zod';
import { flavorSchema } from './flavor-schemas.ts';
import { componentSchema, jsonObjectSchema, timeSchema } from './record-schemas.ts';

const changes = z
  .array(z.object({ path: z.string(), before: z.json().optional(), after: z.json().optional() }))
  .describe('What is different, by dotted path.');

/** There, and true, for a dry run. */
export const dryRun = z.literal(true).optional().describe('Nothing was written.');

export const changedComponentSchema = componentSchema.extend({ changes: changes.optional(), dryRun });

export const describedComponentSchema = componentSchema.extend({
  earlierVersions: z.array(
    z.object({ configVersion: z.int(), config: jsonObjectSchema, settings: jsonObjectSchema, replacedAt: timeSchema }),
  ),
});

export const changedFlavorSchema = flavorSchema.extend({ changes: changes.optional(), dryRun });

export const deletedFlavorSchema = flavorSchema.pick({ type: true, name: true, origin: true }).extend({ dryRun });

export const deletedComponentSchema = z.object({ type: z.string(), id: z.uuid(), name: z.string(), dryRun });

export const collectedGarbageSchema = z.object({
  store: z.string().describe('Name of the artifact store.'),
  garbage: z.array(
    z.object({
      kind: z.enum(['staged-file', 'multipart-upload']),
      id: z.string().describe('How the backend calls it: the path of a file, the id of an upload.'),
      path: z.string().optional().describe('What it was to be an object at, where that is known.'),
      size: z.int().optional().describe('Bytes, where they are known.'),
      modifiedAt: timeSchema.describe('When it was begun or last written to.'),
    }),
  ),
  dryRun,
});

export const migrationSchema = z.object({
  migrated: z.array(z.object({ type: z.string(), id: z.uuid(), name: z.string(), changes })),
  dryRun,
});
