import { secretField } from '@stack/core';
import * as z from 'zod';

/** The fields by which every flavor of this package reaches AWS, in the terms of its SDK. */
export const awsConnectionFields = {
  region: z.string().min(1).optional().describe('AWS region. Default: AWS_REGION, else that of the profile'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of the service, for one that is not at its usual place'),
  profile: z
    .string()
    .min(1)
    .optional()
    .describe('Profile of the shared AWS files that gives credentials and region. Default: AWS_PROFILE'),
  accessKeyId: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Id of an access key. Default: the SDK's chain: environment, profile, SSO, web identity, container, instance",
    ),
  secretAccessKey: secretField().optional().describe('Secret of the access key'),
  sessionToken: secretField().optional().describe('Session token of a temporary access key'),
  roleArn: z.string().min(1).optional().describe('Role to assume with the credentials'),
  externalId: z.string().min(1).optional().describe('External id that the role asks for'),
  roleSessionName: z.string().min(1).optional().describe('Name of the session of the role. Default: one of the SDK'),
  stsEndpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of the service that gives the credentials of the role. Default: that of the region'),
  connectionTimeout: z.int().min(1).default(5_000).describe('How long connecting may take, in milliseconds'),
};

/** The config that all flavors of this package share, parsed. */
export type AwsConnectionConfig = z.output<z.ZodObject<typeof awsConnectionFields>>;

/** A field that means something only together with another. */
const requirements = [
  ['accessKeyId', 'secretAccessKey'],
  ['secretAccessKey', 'accessKeyId'],
  ['sessionToken', 'accessKeyId'],
  ['externalId', 'roleArn'],
  ['roleSessionName', 'roleArn'],
  ['stsEndpoint', 'roleArn'],
] as const;

/** Refuses fields that do not go together. For `superRefine`. */
export function checkAwsConnection(config: AwsConnectionConfig, context: z.RefinementCtx): void {
  const report = (path: keyof AwsConnectionConfig, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  for (const [field, required] of requirements) {
    if (config[field] !== undefined && config[required] === undefined) report(required, `is missing: ${field} is set`);
  }
  if (config.profile !== undefined && config.accessKeyId !== undefined) {
    report('profile', 'cannot be set beside accessKeyId: credentials come from one of them');
  }
}
