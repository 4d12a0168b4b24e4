import type { PlanInput } from '@stack/core';
import * as z from 'zod';
import { jsonObjectSchema, timeSchema } from './record-schemas.ts';

const recordedErrorSchema = z
  .object({ code: z.string(), message: z.string(), hint: z.string().optional(), stack: z.string().optional() })
  .meta({ id: 'RecordedError' });

const planInputSchema: z.ZodType<PlanInput> = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('value'), value: z.json() }),
    z.object({
      kind: z.literal('output'),
      step: z.string(),
      output: z.string(),
      isOptional: z.literal(true).exactOptional(),
      isStream: z.literal(true).exactOptional(),
    }),
    z.object({ kind: z.literal('item') }),
    z.object({
      kind: z.literal('list'),
      get items() {
        return z.array(planInputSchema);
      },
    }),
    z.object({
      kind: z.literal('object'),
      get fields() {
        return z.record(z.string(), planInputSchema);
      },
    }),
  ])
  .meta({ id: 'PlanInput' });

const planSchema = z
  .object({
    planVersion: z.literal(1),
    pipeline: z.string(),
    source: z.object({ module: z.string(), export: z.string() }).optional(),
    parameters: jsonObjectSchema,
    cache: z.literal(false).optional().describe('The run does without results of earlier ones.'),
    codeParts: z
      .array(z.tuple([z.string(), z.string()]))
      .optional()
      .describe('What the code of the steps is made of: labels, and digests or versions.'),
    failurePolicy: z.enum(['finish-running', 'fail-fast']).optional(),
    steps: z.array(
      z.object({
        name: z.string(),
        upstream: z.array(z.string()),
        inputs: z.record(z.string(), planInputSchema),
        outputs: z.array(z.string()),
        materializers: z
          .record(z.string(), z.string())
          .optional()
          .describe('Those that outputs are stored by, where the step names them.'),
        attempts: z.int(),
        backoff: z.object({ baseDelay: z.number(), maximumDelay: z.number() }).optional(),
        timeout: z.number().optional().describe('Milliseconds that an attempt may take.'),
        condition: z.object({ input: planInputSchema, expected: z.boolean() }).optional(),
        map: planInputSchema.optional(),
        code: z
          .union([
            z.object({ digest: z.string(), parts: z.array(z.int()).describe('Places in codeParts.') }),
            z.object({ uncacheable: z.string() }),
          ])
          .optional(),
      }),
    ),
  })
  .meta({ id: 'Plan' });

/** A run as lists show it, without its plan. */
export const runSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  pipeline: z.string(),
  stack: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  error: recordedErrorSchema.optional(),
  metadata: jsonObjectSchema,
  epoch: z.int().describe('How often it was taken up: 1 for a run that one process ran to its end.'),
  holder: z
    .object({ host: z.string(), pid: z.int(), since: timeSchema, hasEnded: z.boolean() })
    .optional()
    .describe(
      'The process that took it up last and did not give it back. Once it has ended, the run goes on when resumed.',
    ),
  startedAt: timeSchema,
  endedAt: timeSchema.optional(),
});

const cachedResultSchema = z
  .object({ runId: z.string(), step: z.string(), computedAt: timeSchema })
  .meta({ id: 'CachedResult' });

const cacheKeyShape = { key: z.string(), ingredients: z.record(z.string(), z.string()) };

const stepCachingSchema = z
  .discriminatedUnion('state', [
    z.object({ state: z.literal('off'), reason: z.string() }),
    z.object({
      state: z.literal('computed'),
      ...cacheKeyShape,
      refused: z.string().optional().describe('Why an earlier result of this key was not taken.'),
    }),
    z.object({ state: z.literal('cached'), ...cacheKeyShape, from: cachedResultSchema }),
  ])
  .meta({ id: 'StepCaching' });

const stepRunSchema = z
  .object({
    runId: z.uuid(),
    step: z.string(),
    index: z.int(),
    item: z.int().optional().describe('Place in the list that its step is mapped over.'),
    state: z.enum(['pending', 'running', 'completed', 'failed', 'skipped', 'cancelled']),
    attempt: z.int().describe('0 before the first attempt.'),
    interruptions: z.int().describe('How many attempts ended because the process that held the run did.'),
    error: recordedErrorSchema.optional(),
    reason: z.string().optional().describe('Why it was skipped or cancelled.'),
    caching: stepCachingSchema.optional().describe('What its result can be reused for, or was taken from.'),
    inputs: z
      .array(
        z.object({
          input: z.string().describe('Name of the input, or the reference by which the step asked for the artifact.'),
          artifactId: z.string().describe('It need not exist any more.'),
          isLoaded: z.literal(true).exactOptional().describe('The step asked for it by itself.'),
          isCondition: z.literal(true).exactOptional().describe('The step ran because of what it says.'),
        }),
      )
      .describe('The artifacts that it took, of a step run that completed.'),
    metadata: jsonObjectSchema,
    startedAt: timeSchema.optional(),
    endedAt: timeSchema.optional(),
  })
  .meta({ id: 'StepRun' });

const storedObjectShape = {
  path: z.string().describe('Relative to the root of the store.'),
  size: z.int().describe('Bytes.'),
  sha256: z.string(),
};

const visualizationSchema = z
  .object({
    name: z.string(),
    type: z.enum(['html', 'markdown', 'csv', 'image']),
    mediaType: z.string(),
    ...storedObjectShape,
  })
  .meta({ id: 'Visualization' });

export const artifactSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    version: z.int().describe('Counts the artifacts of the name, from 1.'),
    tags: z.array(z.string()),
    runId: z.uuid().optional().describe('The run that stored it; absent for what was stored outside a run.'),
    step: z.string().optional(),
    output: z.string().optional().describe('Absent for what is no output of the step, and was stored under a name.'),
    materializer: z.string(),
    materializerVersion: z.int(),
    store: z.object({ component: z.string(), flavor: z.string(), root: z.string() }),
    ...storedObjectShape,
    contents: z
      .array(z.object(storedObjectShape).meta({ id: 'StoredObject' }))
      .describe('The objects beside that at path which are part of it.'),
    visualizations: z.array(visualizationSchema),
    schema: jsonObjectSchema.optional().describe('JSON Schema of the value, or what its materializer says of it.'),
    metadata: jsonObjectSchema,
    createdAt: timeSchema,
  })
  .meta({ id: 'Artifact' });

/** Bytes, in one form or the other. */
const contentShape = { encoding: z.enum(['utf8', 'base64']), content: z.string() };

export const artifactContentSchema = z.object({ artifact: artifactSchema, ...contentShape });

export const downloadedArtifactSchema = z.object({
  artifact: artifactSchema,
  kind: z.enum(['file', 'directory']),
  path: z.string(),
});

export const shownVisualizationSchema = z.object({
  artifact: artifactSchema,
  visualization: visualizationSchema,
  encoding: contentShape.encoding.optional().describe('Absent where it was written to a file.'),
  content: contentShape.content.optional(),
  file: z.string().optional(),
});

export const endedRunSchema = runSchema.extend({
  steps: z.array(stepRunSchema),
  artifacts: z.array(artifactSchema),
  result: z.json().optional().describe('What the pipeline returned, where that is data.'),
  deletedRuns: z.array(z.string()).describe('Names of the runs that were deleted at its end, as no rule keeps them.'),
});

/** A run that a worker went on with. */
export const workedRunSchema = runSchema
  .pick({ id: true, name: true, state: true })
  .describe('`running`: it was left as it was, since it could not go on, or the worker was stopped.');

export const describedRunSchema = runSchema.extend({
  plan: planSchema,
  steps: z.array(stepRunSchema),
  artifacts: z.array(artifactSchema),
});

export const logLineSchema = z.object({
  step: z.string(),
  time: timeSchema,
  level: z.string(),
  text: z.string(),
});

const lineageArtifactSchema = z
  .object({
    id: z.string(),
    name: z.string().optional().describe('Absent for one that is deleted.'),
    version: z.int().optional(),
    madeBy: z
      .object({ runId: z.string(), run: z.string(), step: z.string() })
      .optional()
      .describe('Absent for one that was stored outside a run.'),
  })
  .meta({ id: 'LineageArtifact' });

export const lineageSchema = z.object({
  artifact: lineageArtifactSchema,
  artifacts: z.array(lineageArtifactSchema).describe('That artifact first, each once.'),
  links: z.array(
    z.object({
      from: z.string().describe('Id of an artifact.'),
      to: z.string().describe('Id of the one that was made from it.'),
      kind: z
        .enum(['input', 'condition', 'cached', 'item'])
        .describe(
          'condition: its step ran because of what it says. cached: the same result, taken from the cache. item: the list of what items of a mapped step stored.',
        ),
      input: z.string().optional().describe('Name of the input, or the reference by which a step loaded it.'),
    }),
  ),
});
