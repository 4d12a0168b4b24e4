import { expect, test } from 'vitest';
import { gcsArtifactStoreConfigSchema, parseGcsPath } from './config.ts';

/** The problems of a config, each with its field. */
function problemsOf(config: Readonly<Record<string, unknown>>): string[] {
  const { error } = gcsArtifactStoreConfigSchema.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const path = 'gs://my-bucket/artifacts';

test.each<Readonly<Record<string, unknown>>>([
  { path },
  { path: 'gs://my.bucket_1/a/b/' },
  { path, credentials: '{}' },
  { path, keyFilename: '/etc/key.json', userProject: 'project' },
  { path, token: 'token' },
  { path, anonymous: true, apiEndpoint: 'http://127.0.0.1:4443' },
  { path, chunkSize: 256 * 1024 },
  { path, clientOptions: { httpsProxy: 'http://proxy:3128' }, objectMetadata: { storageClass: 'NEARLINE' } },
])('%j is a config', (config) => {
  expect(problemsOf(config)).toEqual([]);
});

test.each<[Readonly<Record<string, unknown>>, string[]]>([
  [{ path: 's3://my-bucket' }, ['path: must be gs://...']],
  [{ path: `gs://my-bucket/${'a'.repeat(124)}` }, ['path: has a prefix longer than 123 bytes']],
  [
    { path, credentials: '{}', keyFilename: 'key.json', token: 'token', anonymous: true },
    [
      'credentials: cannot be set beside anonymous: credentials come from one of them',
      'keyFilename: cannot be set beside anonymous: credentials come from one of them',
      'token: cannot be set beside anonymous: credentials come from one of them',
    ],
  ],
  [{ path, chunkSize: 300_000 }, ['chunkSize: Invalid number: must be a multiple of 262144']],
])('%j has these problems: %j', (config, problems) => {
  expect(problemsOf(config)).toEqual(problems);
});

test.each(['gs://Bucket', 'gs://b', 'gs://bucket-', 'gs:///a', 'gs://a b/c'])('%j names no bucket', (wrong) => {
  expect(problemsOf({ path: wrong })).toEqual(['path: must be gs://BUCKET or gs://BUCKET/PREFIX']);
});

test.each(['gs://bucket//a', 'gs://bucket/a//b', 'gs://bucket/a/../b', 'gs://bucket/.'])(
  '%j has a prefix that is none',
  (wrong) => {
    expect(problemsOf({ path: wrong })).toEqual(['path: has an empty segment, "." or ".." in its prefix']);
  },
);

test('a path says bucket and prefix', () => {
  expect(parseGcsPath('gs://bucket')).toEqual({ bucket: 'bucket', prefix: '' });
  expect(parseGcsPath('gs://bucket/')).toEqual({ bucket: 'bucket', prefix: '' });
  expect(parseGcsPath('gs://bucket/a/b/')).toEqual({ bucket: 'bucket', prefix: 'a/b/' });
  expect(parseGcsPath('a/b')).toBeUndefined();
});
