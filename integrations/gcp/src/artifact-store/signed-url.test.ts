import { generateKeyPairSync } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import { createComponent } from '@stack/core';
import { JWT } from 'google-auth-library';
import { afterEach, expect, test, vi } from 'vitest';
import { gcsArtifactStoreFlavor } from './flavor.ts';

const email = 'signer@project.iam.gserviceaccount.com';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test.each([
  ['get', 'read'],
  ['put', 'write'],
] as const)('a URL for %s is the one of the client of Google', async (method, action) => {
  vi.useFakeTimers({ now: new Date('2026-11-26T10:20:30Z'), toFake: ['Date'] });
  const store = await createComponent(gcsArtifactStoreFlavor, {
    name: 'store',
    config: {
      path: 'gs://bucket/prefix',
      credentials: JSON.stringify({ type: 'service_account', client_email: email, private_key: key }),
    },
  });
  // The client of Google warns of credentials from strangers, whoever gives them.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await store.signedUrl('a', { method });
  expect(warn).not.toHaveBeenCalled();
  const bucket = new Storage({ projectId: 'project', credentials: { client_email: email, private_key: key } }).bucket(
    'bucket',
  );
  for (const path of ['a', 'a b/ü+%&=?#.txt', "~-_.!'()*;:@,$/\\", '\u{1F600}']) {
    const { url, headers, expiresAt } = await store.signedUrl(path, { method, expiresIn: 600 });
    const expires = Date.now() + 600_000;
    const [expected] = await bucket.file(`prefix/${path}`).getSignedUrl({ version: 'v4', action, expires });
    expect(parts(url)).toEqual(parts(expected));
    expect(headers).toEqual({});
    expect(expiresAt.getTime()).toBe(expires);
  }
});

test('the signature is that of the key, whoever holds it', async () => {
  const store = await createComponent(
    gcsArtifactStoreFlavor,
    { name: 'store', config: { path: 'gs://bucket', apiEndpoint: 'http://127.0.0.1:4443' } },
    { authClient: new JWT({ email, key }) },
  );
  const { url } = await store.signedUrl('a');
  expect(new URL(url).host).toBe('127.0.0.1:4443');
  expect(new URL(url).searchParams.get('X-Goog-Credential')).toContain(email);
  expect(url).toMatch(/X-Goog-Signature=[0-9a-f]{512}$/);
});

test.each([{ token: 'token' }, { anonymous: true }])('with %j nothing can be signed', async (credentials) => {
  const config = { path: 'gs://bucket', ...credentials };
  const store = await createComponent(gcsArtifactStoreFlavor, { name: 'store', config });
  await expect(store.signedUrl('a')).rejects.toMatchObject({ code: 'CAPABILITY_UNSUPPORTED' });
});

/** What a URL is made of, whatever the order of its query. */
function parts(text: string): object {
  const { origin, pathname, searchParams } = new URL(text);
  return { origin, pathname, query: Object.fromEntries(searchParams) };
}
