import * as z from 'zod';
import { problemSchema } from './error-schema.ts';
import { stackSchema } from './record-schemas.ts';

const partSchema = z.object({ id: z.uuid(), type: z.string(), name: z.string() });

const concerns = z
  .enum(['stack', 'component'])
  .describe('Whether its components can never work together, or one of them cannot be used as it is, or not here.');

export const changedStackSchema = stackSchema.extend({
  isActive: z.boolean(),
  isDryRun: z.boolean(),
  problems: z.array(problemSchema.extend({ concerns })).describe('What is wrong with it, or missing on this machine.'),
});

export const deletedStackSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  isDryRun: z.boolean(),
  components: z.array(partSchema).describe('Those that were deleted with it.'),
});

export const stackValidationSchema = z.object({
  stack: z.object({ id: z.uuid(), name: z.string() }),
  isValid: z.boolean(),
  problems: z.array(problemSchema.extend({ concerns })),
});

const checkSchema = z
  .object({
    check: z.enum(['flavor', 'config', 'secrets', 'implementation', 'probe']),
    outcome: z.enum(['passed', 'failed', 'skipped']),
    message: z.string().optional().describe('Why it was skipped, or what the probe found.'),
    problems: z.array(problemSchema),
  })
  .meta({ id: 'ComponentCheck' });

const diagnosedSchema = partSchema.extend({ flavor: z.string(), checks: z.array(checkSchema) });

export const stackDiagnosisSchema = z.object({
  stack: z.object({ id: z.uuid(), name: z.string() }),
  isHealthy: z.boolean(),
  components: z.array(diagnosedSchema),
  secretStores: z.array(diagnosedSchema).describe('Those that the project asks, in their order.'),
  problems: z.array(problemSchema).describe('What keeps the components from working together.'),
});
