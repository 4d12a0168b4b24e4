import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactStore, createComponent } from '@stack/core';
import { PassThroughClient } from 'google-auth-library';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Reply, TestServer } from '../../test/test-server.ts';
import { gcsArtifactStoreFlavor } from './flavor.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-gcs-'));
  // The library warns of tokens from anywhere, as such credentials say themselves where theirs come from.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  return async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  };
});

function open(config: Readonly<Record<string, unknown>>, overrides: object = {}): Promise<ArtifactStore> {
  const complete = { path: 'gs://bucket', retry: { attempts: 3, baseDelay: 1 }, ...config };
  return createComponent(gcsArtifactStoreFlavor, { name: 'store', config: complete }, { ...overrides });
}

/** Credentials of workload identity federation: the token of another system is exchanged for one of Google. */
async function federated(endpoint: string, subject: string): Promise<string> {
  const file = join(folder, randomUUID());
  await writeFile(file, subject);
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${endpoint}/token`,
    credential_source: { file },
  });
}

/** Exchanges tokens, and gives back as the object whose token it is that asks. */
const exchange: Reply = ({ path, body, headers }) => {
  if (path !== '/token') return { body: String(headers.authorization) };
  const subject = new URLSearchParams(body).get('subject_token');
  return {
    headers: { 'content-type': 'application/json' },
    json: { access_token: `google-${subject}`, expires_in: 3600 },
  };
};

describe('credentials', () => {
  test('of two stores in one process are apart, and each has its token once', async () => {
    await using server = await TestServer.start(exchange);
    const apiEndpoint = server.endpoint;
    const keyFilename = join(folder, 'key.json');
    await writeFile(keyFilename, await federated(apiEndpoint, 'two'));
    const stores = await Promise.all([
      open({ apiEndpoint, credentials: await federated(apiEndpoint, 'one') }),
      open({ apiEndpoint, keyFilename }),
      open({ apiEndpoint, token: 'three' }),
      open({ apiEndpoint, anonymous: true }),
      open({ apiEndpoint }, { authClient: new PassThroughClient() }),
    ]);
    for (let round = 0; round < 2; round++) {
      const texts = await Promise.all(stores.map((store) => store.readText('a')));
      expect(texts).toEqual(['Bearer google-one', 'Bearer google-two', 'Bearer three', 'undefined', 'undefined']);
    }
    expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(2);
  });

  test('that Google refuses are ACCESS_DENIED, and are not shown', async () => {
    const refused = { error: 'invalid_grant', error_description: 'The token is expired.' };
    await using server = await TestServer.start(() => ({ status: 400, json: refused }));
    const credentials = await federated(server.endpoint, 'very-secret-token');
    const store = await open({ apiEndpoint: server.endpoint, credentials });
    const failure = await store.read('a').catch((error) => error);
    expect(failure).toMatchObject({ code: 'ACCESS_DENIED' });
    expect(`${failure.stack}${failure.cause?.stack}`).not.toContain('very-secret-token');
    expect(server.requests).toHaveLength(1);
  });

  test('of a key are asked for through the proxy, as often as retry says and no more', async () => {
    const targets: string[] = [];
    const proxy = createServer().on('connect', ({ url = '' }, socket) => {
      targets.push(url);
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const account = { type: 'service_account', client_email: 'a@b.iam.gserviceaccount.com', private_key: key };
    const store = await open({ credentials: JSON.stringify(account) });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(new Set(targets)).toEqual(new Set(['oauth2.googleapis.com:443']));
    expect(targets).toHaveLength(3);
    proxy.close();
  });

  test('that are not there within the time of a request are TIMEOUT', async () => {
    await using server = await TestServer.start(() => 'silence');
    const config = { apiEndpoint: server.endpoint, requestTimeout: 100 };
    const store = await open({ ...config, credentials: await federated(server.endpoint, 'one') });
    await expect(store.stat('a')).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test.each([
    ['{"private_key": "very-secret', 'the credentials are no JSON object'],
    ['"very-secret"', 'the credentials are no JSON object'],
  ])('%j are CONFIG_INVALID, and are not shown', async (credentials, message) => {
    const failure = await (await open({ credentials })).read('a').catch((error) => error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });
    expect(`${failure.stack}${failure.cause?.stack}`).not.toContain('very-secret');
  });

  test('in a file that cannot be read are CONFIG_INVALID', async () => {
    const keyFilename = join(folder, 'none.json');
    const store = await open({ keyFilename });
    await expect(store.read('a')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(keyFilename),
    });
  });
});
