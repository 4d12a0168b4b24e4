import { artifactStoreConfig } from '@stack/core';
import * as z from 'zod';
import { awsConnectionFields, checkAwsConnection } from '../connection/config.ts';

/** Longest key of S3, 1,024 bytes, without the longest key of a store, 900 bytes, and the "/" between. */
const longestPrefix = 123;
const mebibyte = 1024 * 1024;

export const s3ArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['s3://'] })
  .extend({
    ...awsConnectionFields,
    forcePathStyle: z
      .boolean()
      .optional()
      .describe('Whether the bucket stands in the path of URLs, not in their host. Default: with an endpoint'),
    checksums: z
      .boolean()
      .optional()
      .describe(
        'Whether checksums of the SDK go along with what is sent, and are checked in what comes. Default: without an endpoint, since not all that speak S3 know them',
      ),
    serverSideEncryption: z
      .enum(['AES256', 'aws:kms', 'aws:kms:dsse'])
      .optional()
      .describe('How new objects are encrypted. Default: as the bucket says'),
    kmsKeyId: z.string().min(1).optional().describe('Id, ARN or alias of the KMS key that encrypts new objects'),
    uploadParameters: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('More parameters of new objects, by the names of the SDK, e.g. {"StorageClass": "STANDARD_IA"}'),
    clientOptions: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('More options of the SDK\'s client, e.g. {"useAccelerateEndpoint": true}'),
    partSize: z
      .int()
      .min(5 * mebibyte)
      .max(1024 * mebibyte)
      .default(16 * mebibyte)
      .describe('Bytes of one part of an upload. What is smaller is sent as a whole; an object has up to 10,000 parts'),
    partConcurrency: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('How many parts of one object are under way at once. Each takes the memory of its bytes'),
    requestTimeout: z.int().min(1).default(60_000).describe('How long the server may be silent, in milliseconds'),
  })
  .superRefine(checkAwsConnection)
  .superRefine(({ path }, context) => {
    // Another scheme is told already.
    if (!/^s3:\/\/./.test(path)) return;
    const location = /^s3:\/\/[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9](?:\/(.*))?$/s.exec(path);
    const report = (message: string) => context.addIssue({ code: 'custom', path: ['path'], message });
    if (location === null) return report('must be s3://BUCKET or s3://BUCKET/PREFIX');
    const prefix = (location[1] ?? '').replace(/\/+$/, '');
    if (prefix !== '' && prefix.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
      report('has an empty segment, "." or ".." in its prefix');
    }
    if (Buffer.byteLength(prefix) > longestPrefix) report(`has a prefix longer than ${longestPrefix} bytes`);
  })
  .refine((config) => config.kmsKeyId === undefined || config.serverSideEncryption?.startsWith('aws:kms'), {
    path: ['serverSideEncryption'],
    error: 'must be aws:kms or aws:kms:dsse: kmsKeyId is set',
  });

export type S3ArtifactStoreConfig = z.output<typeof s3ArtifactStoreConfigSchema>;
