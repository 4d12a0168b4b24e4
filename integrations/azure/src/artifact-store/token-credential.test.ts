import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CredentialUnavailableError } from '@azure/identity';
import { type ArtifactStore, createComponent } from '@stack/core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { azuriteHttps } from '../../../../tools/backends/azurite-https.ts';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import type { SharedServer } from '../../../../tools/backends/backends.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { azureArtifactStoreFlavor } from './flavor.ts';

const obstacle = await whyUnavailable(azuriteHttps);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`a store in Azurite that takes tokens${reason}`, () => {
  let server: SharedServer<'azurite-https'>;

  beforeAll(async () => {
    server = await sharedServer('azurite-https');
  }, 60_000);

  /** Opens a store by a token, with some of its claims changed; Azurite does not look at the signature. */
  function open(claims: object = {}): Promise<ArtifactStore> {
    const [header = '', payload = '', signature = ''] = server.token.split('.');
    const changed = {
      ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
      oid: 'user',
      tid: 'tenant',
      ...claims,
    };
    const token = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    const config = {
      path: `az://${server.container}/tokens`,
      endpoint: server.endpoint,
      blockSize: 64 * 1024,
      clientOptions: { tlsOptions: { ca: server.certificate } },
    };
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    return createComponent(azureArtifactStoreFlavor, { name: 'store', config }, { credential });
  }

  test('writes, reads, copies and lists by the token of a credential', async () => {
    const store = await open();
    const bytes = Buffer.alloc(200_000, 'text');
    await store.write('a', bytes);
    await store.copy('a', 'b');
    expect((await store.read('b')).equals(bytes)).toBe(true);
    expect(await store.probe()).toMatchObject({ healthy: true });
  });

  test('signs URLs by a user delegation key, which is asked for once', async () => {
    const trusted = getCACertificates('default');
    onTestFinished(() => setDefaultCACertificates(trusted));
    setDefaultCACertificates([...trusted, server.certificate]);
    const store = await open();
    await store.write('signed', 'text');
    const { url } = await store.signedUrl('signed');
    expect(await (await fetch(url)).text()).toBe('text');
    const key = (address: string) => new URL(address).searchParams.get('ske');
    const [again, later] = [await store.signedUrl('other'), await store.signedUrl('signed', { expiresIn: 604_800 })];
    expect(key(again.url)).toBe(key(url));
    expect(key(later.url)).not.toBe(key(url));
    expect((await fetch(later.url)).status).toBe(200);
  });

  test('a token that is over is ACCESS_DENIED', async () => {
    const store = await open({ exp: 1 });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

test('a credential that gets no token is ACCESS_DENIED, and says why', async () => {
  const config = { path: 'az://data', accountName: 'account' };
  const credential = { getToken: () => Promise.reject(new CredentialUnavailableError('nothing to log in with')) };
  const store = await createComponent(azureArtifactStoreFlavor, { name: 'store', config }, { credential });
  await expect(store.read('a')).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    message: expect.stringContaining('nothing to log in with'),
  });
});
