import * as z from 'zod';
import { timeSchema } from './record-schemas.ts';

const scope = z.enum(['project', 'personal']);
const keys = z.array(z.string()).describe('In the order of their bytes.');
const store = z.string().describe('Name of the secret store.');
const dryRun = z.literal(true).optional().describe('Nothing was written.');

export const secretSummarySchema = z
  .object({
    name: z.string(),
    store,
    scope,
    keys,
    createdAt: timeSchema.optional().describe('Where the store knows it.'),
    updatedAt: timeSchema.optional().describe('Where the store knows it.'),
  })
  .meta({ id: 'SecretSummary' });

export const secretSchema = secretSummarySchema.extend({
  values: z.record(z.string(), z.string()).describe('By key; all the same mask unless they are revealed.'),
  isRevealed: z.boolean(),
});

export const changedSecretSchema = secretSummarySchema.extend({ dryRun });

export const deletedSecretSchema = z.object({ name: z.string(), store, scope, dryRun });

export const importedSecretsSchema = z.object({
  store,
  secrets: z.array(z.object({ name: z.string(), keys, action: z.enum(['create', 'skip', 'overwrite']) })),
  isDryRun: z.boolean(),
});

export const exportedSecretsSchema = z.object({
  file: z.string().describe('It holds the values in clear.'),
  secrets: z.array(z.string()).describe('Their names.'),
});

export const rekeyedSecretsSchema = z.object({
  store,
  scope,
  secrets: z.int().describe('How many there are.'),
  key: z.string().optional().describe('Id of the key that they are sealed with now, which tells nothing of it.'),
  dryRun,
});

export const secretStoreOrderSchema = z.object({
  stores: z.array(z.string()).describe('Those that are asked, in their order.'),
  isDryRun: z.boolean(),
});
