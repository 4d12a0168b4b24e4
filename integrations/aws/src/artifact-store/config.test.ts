import { checkConfig } from '@stack/core';
import { expect, test } from 'vitest';
import { s3ArtifactStoreConfigSchema } from './config.ts';

function problemsOf(config: object): string[] {
  return checkConfig(s3ArtifactStoreConfigSchema, config).map(({ path, message }) => `${path}: ${message}`);
}

test.each(['s3://bucket', 's3://bucket/', 's3://my.bucket/some/prefix', 's3://bucket/ünï/', 's3://bucket/a b'])(
  '%s is a path',
  (path) => {
    expect(problemsOf({ path })).toEqual([]);
  },
);

test.each([
  ['bucket', 'must be s3://'],
  ['s3://', 'must be s3://'],
  ['s3://b', 'must be s3://BUCKET'],
  ['s3:///prefix', 'must be s3://BUCKET'],
  ['s3://key@bucket/a', 'must be s3://BUCKET'],
  ['s3://bucket?x=1', 'must be s3://BUCKET'],
  ['s3://bucket//a', 'empty segment'],
  ['s3://bucket/a/../b', '".."'],
  [`s3://bucket/${'p'.repeat(124)}`, 'longer than 123 bytes'],
])('%s is no path', (path, message) => {
  expect(problemsOf({ path }).join()).toContain(message);
});

test('a path of another scheme is told once', () => {
  expect(problemsOf({ path: 'gs://bucket/a' })).toHaveLength(1);
});

test('a key of KMS needs an encryption by KMS', () => {
  const config = { path: 's3://bucket', kmsKeyId: 'alias/mine' };
  expect(problemsOf(config)).toHaveLength(1);
  expect(problemsOf({ ...config, serverSideEncryption: 'AES256' })).toHaveLength(1);
  expect(problemsOf({ ...config, serverSideEncryption: 'aws:kms' })).toEqual([]);
});

test('parts are as small and as many as S3 takes', () => {
  expect(problemsOf({ path: 's3://bucket', partSize: 1024, partConcurrency: 0 })).toHaveLength(2);
});
