import * as z from 'zod';
import { awsConnectionFields, checkAwsConnection } from '../connection/config.ts';

export const awsSecretStoreConfigSchema = z
  .object({
    ...awsConnectionFields,
    prefix: z
      .string()
      .max(400)
      .regex(/^[A-Za-z0-9/_+=.@-]*$/, { error: 'may have letters, digits and /_+=.@- in it' })
      .default('stack/')
      .describe('What the names of the secrets begin with in AWS. Others are neither seen nor touched'),
    kmsKeyId: z
      .string()
      .min(1)
      .optional()
      .describe('Id, ARN or alias of the KMS key that encrypts new secrets. Default: aws/secretsmanager'),
    tags: z.record(z.string(), z.string()).optional().describe('Tags that new secrets get'),
    recoveryWindowInDays: z
      .int()
      .min(7)
      .max(30)
      .optional()
      .describe('For how many days a deleted secret can be restored. Default: 30'),
    forceDeleteWithoutRecovery: z
      .boolean()
      .default(false)
      .describe('Whether a deleted secret is gone at once, and cannot be restored'),
    requestTimeout: z.int().min(1).default(30_000).describe('How long an answer may take, in milliseconds'),
    maxAttempts: z.int().min(1).default(3).describe('How often a request is sent before its failure counts'),
  })
  .superRefine(checkAwsConnection)
  .refine((config) => !(config.forceDeleteWithoutRecovery && config.recoveryWindowInDays !== undefined), {
    path: ['recoveryWindowInDays'],
    error: 'cannot be set beside forceDeleteWithoutRecovery',
  });

export type AwsSecretStoreConfig = z.output<typeof awsSecretStoreConfigSchema>;
