import * as z from 'zod';
import { dryRun } from './change-schemas.ts';
import { timeSchema } from './record-schemas.ts';
import { artifactSchema, runSchema } from './run-schemas.ts';

export const verificationSchema = z.object({
  artifacts: z.int(),
  objects: z.int().describe('The objects that were read, each once, however many artifacts have it.'),
  bytes: z.int(),
  damaged: z.array(
    z.object({
      artifact: artifactSchema.describe('The first that was found to have the object.'),
      path: z.string().describe('Path of the object, relative to the root of the store.'),
      state: z.enum(['missing', 'damaged', 'removed']),
      problem: z.string(),
    }),
  ),
  unreachable: z
    .array(
      z.object({
        store: z.object({ component: z.string(), flavor: z.string(), root: z.string() }),
        objects: z.int().describe('How many objects were not read.'),
        error: z.object({ code: z.string(), message: z.string() }),
      }),
    )
    .describe('Artifact stores that could not be asked: nothing is known of what they hold.'),
});

export const collectedArtifactsSchema = z.object({
  stores: z.array(
    z.object({
      store: z.string().describe('Name of the artifact store.'),
      objects: z.array(z.object({ path: z.string(), size: z.int().describe('Bytes.'), modifiedAt: timeSchema })),
      logsOfRuns: z.array(z.string()).describe('Ids of deleted runs whose logs were still there.'),
    }),
  ),
  dryRun,
});

export const deletedRunsSchema = z.object({
  runs: z.array(
    runSchema.pick({ id: true, name: true, pipeline: true, state: true, startedAt: true, endedAt: true }).extend({
      artifacts: z.int().describe('Artifacts that went with it.'),
      keptArtifacts: z.int().describe('Artifacts that stay.'),
      removedObjects: z.int().optional().describe('Objects that nothing else referred to. Not known in a dry run.'),
    }),
  ),
  dryRun,
});

export const retentionRuleSchema = z.object({
  pipeline: z.string().optional().describe('Absent: of all pipelines, each by itself.'),
  state: z.enum(['completed', 'failed', 'cancelled']).optional().describe('Absent: however they ended.'),
  maximumAge: z.number().optional().describe('Milliseconds since the end of a run.'),
  maximumCount: z.int().optional().describe('How many runs of a pipeline stay, the newest.'),
});
