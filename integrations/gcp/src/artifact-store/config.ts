import { artifactStoreConfig, secretField } from '@stack/core';
import * as z from 'zod';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
/** Longest name of an object, 1,024 bytes, without the longest key of a store, 900 bytes, and the "/" between. */
const longestPrefix = 123;

const fields = artifactStoreConfig({ schemes: ['gs://'] }).extend({
  credentials: secretField()
    .optional()
    .describe('JSON text of a key or other credentials file of Google. Default: Application Default Credentials'),
  keyFilename: z.string().min(1).optional().describe('Path of a file with such JSON'),
  token: secretField().optional().describe('OAuth 2.0 access token, which nobody renews'),
  anonymous: z
    .boolean()
    .default(false)
    .describe('Whether to send no credentials at all: for public buckets and emulators'),
  userProject: z
    .string()
    .min(1)
    .optional()
    .describe('Project that is billed for requests, where the bucket has the requester pay'),
  apiEndpoint: z
    .url({ protocol: /^https?$/ })
    .default('https://storage.googleapis.com')
    .describe('URL of the service, for a private endpoint or an emulator'),
  kmsKeyName: z
    .string()
    .min(1)
    .optional()
    .describe('Resource name of the Cloud KMS key that encrypts new objects. Default: as the bucket says'),
  objectMetadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('More fields of new objects, by their names in the JSON API, e.g. {"storageClass": "NEARLINE"}'),
  chunkSize: z
    .int()
    .min(256 * kibibyte)
    .max(1024 * mebibyte)
    .multipleOf(256 * kibibyte)
    .default(16 * mebibyte)
    .describe('Bytes that one request of an upload carries, a multiple of 256 KiB. An upload takes the memory of two'),
  requestTimeout: z
    .int()
    .min(1)
    .default(60_000)
    .describe('How long one request may take, and the server may be silent in a download, in milliseconds'),
  clientOptions: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('More options of the HTTP client, undici\'s EnvHttpProxyAgent, e.g. {"httpsProxy": "http://proxy:3128"}'),
});

export const gcsArtifactStoreConfigSchema = fields.superRefine(checkConfig);

export type GcsArtifactStoreConfig = z.output<typeof fields>;

/** Where in Cloud Storage a store is. */
export interface GcsLocation {
  readonly bucket: string;
  /** What the names of all its objects begin with: empty, or with a `/` at its end. */
  readonly prefix: string;
}

const pathPattern = /^gs:\/\/(?<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?<prefix>\/.*)?$/s;

/** Takes a path apart; `undefined` for one that names no bucket as Google does. */
export function parseGcsPath(path: string): GcsLocation | undefined {
  const { bucket, prefix = '' } = pathPattern.exec(path)?.groups ?? {};
  if (bucket === undefined) return undefined;
  const below = prefix.slice(1).replace(/\/+$/, '');
  return { bucket, prefix: below === '' ? '' : `${below}/` };
}

function checkConfig(config: GcsArtifactStoreConfig, context: z.RefinementCtx): void {
  const report = (field: keyof GcsArtifactStoreConfig, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  const location = parseGcsPath(config.path);
  if (location === undefined) {
    // Another scheme is told already.
    if (/^gs:\/\/./.test(config.path)) report('path', 'must be gs://BUCKET or gs://BUCKET/PREFIX');
  } else {
    const prefix = location.prefix.slice(0, -1);
    if (prefix !== '' && prefix.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
      report('path', 'has an empty segment, "." or ".." in its prefix');
    }
    if (Buffer.byteLength(prefix) > longestPrefix) report('path', `has a prefix longer than ${longestPrefix} bytes`);
  }
  const set = (['credentials', 'keyFilename', 'token'] as const).filter((field) => config[field] !== undefined);
  const [first, ...others] = config.anonymous ? (['anonymous', ...set] as const) : set;
  for (const field of others) report(field, `cannot be set beside ${first}: credentials come from one of them`);
}
