import { artifactStoreConfig, secretField } from '@stack/core';
import * as z from 'zod';

const mebibyte = 1024 * 1024;

const fields = artifactStoreConfig({ schemes: ['az://', 'abfs://', 'abfss://'] }).extend({
  accountName: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, { error: 'must be 3 to 24 lower-case letters and digits' })
    .optional()
    .describe('Name of the storage account'),
  accountKey: secretField().optional().describe('Key of the storage account'),
  sasToken: secretField().optional().describe('Shared access signature, with or without the ? at its beginning'),
  connectionString: secretField()
    .optional()
    .describe('Connection string: account and endpoint, and a key or a shared access signature'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('URL of the blob service. Default: https://<accountName>.blob.core.windows.net'),
  tenantId: z.string().min(1).optional().describe('Tenant of Microsoft Entra. Default: AZURE_TENANT_ID'),
  clientId: z.string().min(1).optional().describe('Client id of a service principal. Goes with clientSecret'),
  clientSecret: secretField().optional().describe('Secret of the service principal'),
  managedIdentityClientId: z
    .string()
    .min(1)
    .optional()
    .describe('Client id of a user-assigned managed identity. Default: AZURE_CLIENT_ID'),
  blockSize: z
    .int()
    .min(64 * 1024)
    .max(4000 * mebibyte)
    .default(8 * mebibyte)
    .describe('Bytes that one request carries: larger objects are written in blocks'),
  blockConcurrency: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('How many blocks of one object are under way, and in memory, at once'),
  requestTimeout: z
    .int()
    .min(1)
    .default(60_000)
    .describe('How long one request may take, and the bytes of an object may stay away, in milliseconds'),
  clientOptions: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Further options of the client, its StoragePipelineOptions: proxyOptions, tlsOptions, audience, ...'),
});

export const azureArtifactStoreConfigSchema = fields.superRefine(checkConfig);

export type AzureArtifactStoreConfig = z.output<typeof fields>;

/** What a path names in Azure. */
export interface BlobPath {
  readonly container: string;
  /** What follows the container: empty, or a `/` and more. */
  readonly rest: string;
  /** Where the path says it, as in `abfss://container@account.dfs.core.windows.net/prefix`. */
  readonly accountName: string | undefined;
  /** The URL of the blob service of that account. */
  readonly endpoint: string | undefined;
}

const pathPattern =
  /^(?:az|abfss?):\/\/(?<container>\$web|[a-z0-9](?:-?[a-z0-9])+)(?:@(?<account>[a-z0-9]{3,24})\.dfs\.(?<domain>[a-z0-9.-]+))?(?<rest>\/.*)?$/s;

/** Takes a path apart; `undefined` for one that names no container as Azure does. */
export function parseBlobPath(path: string): BlobPath | undefined {
  const { container = '', account, domain, rest = '' } = pathPattern.exec(path)?.groups ?? {};
  if (container !== '$web' && (container.length < 3 || container.length > 63)) return undefined;
  const endpoint = account === undefined ? undefined : `https://${account}.blob.${domain}`;
  return { container, rest, accountName: account, endpoint };
}

/** Each is a credential, or half of one: one of them at most is set. */
const credentials = ['accountKey', 'sasToken', 'connectionString', 'clientSecret', 'managedIdentityClientId'] as const;

function checkConfig(config: AzureArtifactStoreConfig, context: z.RefinementCtx): void {
  const report = (field: keyof AzureArtifactStoreConfig, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  const { connectionString, accountName, endpoint, clientId, clientSecret, tenantId } = config;
  const path = parseBlobPath(config.path);
  if (path === undefined) {
    // Another scheme is told already.
    const isAzure = /^(?:az|abfss?):\/\/./.test(config.path);
    if (isAzure) report('path', 'must be az://CONTAINER or az://CONTAINER/PREFIX, as Azure names containers');
  } else if (/\/\.{0,2}(?:\/|$)/.test(path.rest.replace(/\/+$/, ''))) {
    report('path', 'must have no empty segment, and none that is "." or ".."');
  }
  const [first, ...others] = credentials.filter((field) => config[field] !== undefined);
  for (const field of others) report(field, `cannot be set beside ${first}: both are credentials`);
  const fromPath = path?.accountName;
  if (connectionString !== undefined) {
    for (const field of ['accountName', 'endpoint'] as const) {
      if (config[field] !== undefined) report(field, 'cannot be set beside connectionString, which says it');
    }
  } else if (accountName !== undefined) {
    if (fromPath !== undefined && fromPath !== accountName) report('accountName', `is not "${fromPath}", as in path`);
  } else if (fromPath === undefined && (endpoint === undefined || config.accountKey !== undefined)) {
    report('accountName', 'is missing: neither path nor connectionString says it');
  }
  if (clientSecret === undefined) {
    if (clientId !== undefined) report('clientSecret', 'is missing: clientId is set');
  } else {
    if (clientId === undefined) report('clientId', 'is missing: clientSecret is set');
    if (tenantId === undefined) report('tenantId', 'is missing: clientSecret is set');
  }
}
