import { expect, test } from 'vitest';
import { azureArtifactStoreConfigSchema, parseBlobPath } from './config.ts';

/** The problems of a config, each with its field. */
function problemsOf(config: Readonly<Record<string, unknown>>): string[] {
  const { error } = azureArtifactStoreConfigSchema.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const path = 'az://data/artifacts';

test.each<Readonly<Record<string, unknown>>>([
  { path, accountName: 'account' },
  { path: 'abfs://data', accountName: 'account', accountKey: 'a2V5' },
  { path: 'az://$web/a/b/', accountName: 'account', sasToken: '?sv=1' },
  { path: 'abfss://data@account.dfs.core.windows.net/a' },
  { path: 'abfss://data@account.dfs.core.windows.net/a', accountName: 'account' },
  { path, connectionString: 'BlobEndpoint=https://account.blob.core.windows.net' },
  { path, endpoint: 'http://127.0.0.1:10000/account' },
  { path, accountName: 'account', tenantId: 'tenant', clientId: 'client', clientSecret: 'secret' },
  { path, accountName: 'account', managedIdentityClientId: 'client' },
  { path, accountName: 'account', clientOptions: { audience: 'https://account.blob.core.windows.net' } },
])('%j is a config', (config) => {
  expect(problemsOf(config)).toEqual([]);
});

test.each<[Readonly<Record<string, unknown>>, string[]]>([
  [{ path: 's3://data', accountName: 'account' }, ['path: must be az://... or abfs://... or abfss://...']],
  [{ path }, ['accountName: is missing: neither path nor connectionString says it']],
  [
    { path, endpoint: 'http://127.0.0.1:10000/account', accountKey: 'a2V5' },
    ['accountName: is missing: neither path nor connectionString says it'],
  ],
  [
    { path: 'abfss://data@account.dfs.core.windows.net', accountName: 'other' },
    ['accountName: is not "account", as in path'],
  ],
  [
    { path, accountName: 'account', accountKey: 'a2V5', sasToken: 'sv=1', managedIdentityClientId: 'client' },
    [
      'sasToken: cannot be set beside accountKey: both are credentials',
      'managedIdentityClientId: cannot be set beside accountKey: both are credentials',
    ],
  ],
  [
    { path, connectionString: 'text', accountName: 'account', endpoint: 'https://a.b' },
    [
      'accountName: cannot be set beside connectionString, which says it',
      'endpoint: cannot be set beside connectionString, which says it',
    ],
  ],
  [{ path, accountName: 'account', clientId: 'client' }, ['clientSecret: is missing: clientId is set']],
  [
    { path, accountName: 'account', clientSecret: 'secret' },
    ['clientId: is missing: clientSecret is set', 'tenantId: is missing: clientSecret is set'],
  ],
])('%j has these problems: %j', (config, problems) => {
  expect(problemsOf(config)).toEqual(problems);
});

test.each(['az://Data', 'az://d', 'az://data-', 'az://a--b', 'az://data_1/a', `az://${'a'.repeat(64)}`, 'az:///a'])(
  '%j names no container',
  (wrong) => {
    expect(problemsOf({ path: wrong, accountName: 'account' })).toEqual([expect.stringContaining('must be az://')]);
  },
);

test.each(['az://data//a', 'az://data/a//b', 'az://data/a/../b', 'az://data/.'])(
  '%j has a prefix that is none',
  (wrong) => {
    expect(problemsOf({ path: wrong, accountName: 'account' })).toEqual([expect.stringContaining('empty segment')]);
  },
);

test('a path says container, prefix, and the endpoint of its account', () => {
  expect(parseBlobPath('az://data')).toEqual({ container: 'data', rest: '' });
  expect(parseBlobPath('abfss://data@account.dfs.core.chinacloudapi.cn/a/b')).toEqual({
    container: 'data',
    rest: '/a/b',
    accountName: 'account',
    endpoint: 'https://account.blob.core.chinacloudapi.cn',
  });
  expect(parseBlobPath('a/b')).toBeUndefined();
});
