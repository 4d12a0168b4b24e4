import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type ArtifactStoreCase, testArtifactStore } from '@stack/testkit';
import { JWT } from 'google-auth-library';
import { afterAll, describe, it } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { fakeGcsServer } from '../../../../tools/backends/fake-gcs-server.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { openGcsStore } from '../../test/open-gcs-store.ts';
import { StrictGcs } from '../../test/strict-gcs.ts';

const unavailable = await whyUnavailable(fakeGcsServer);
const server = unavailable === undefined ? await sharedServer('fake-gcs-server') : undefined;
const { endpoint = 'http://127.0.0.1', bucket = 'bucket' } = server ?? {};
const token = 'token-of-the-owner';
// Alone, the server ignores the preconditions of copies.
const open = await StrictGcs.start(endpoint);
const guarded = await StrictGcs.start(endpoint, token);

afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
});

const unchecked = 'the server fake-gcs-server never looks at a signature';

interface Variant {
  readonly name: string;
  readonly config: { readonly apiEndpoint: string; readonly anonymous?: boolean; readonly token?: string };
  readonly prefix: string;
  readonly denied?: NonNullable<Parameters<typeof testArtifactStore>[0]['denied']>;
  readonly unsupported: Partial<Record<ArtifactStoreCase, string>>;
}

const small = { chunkSize: 256 * 1024, apiEndpoint: guarded.endpoint, token };

const variants: readonly Variant[] = [
  {
    name: 'fake-gcs-server, made stricter',
    config: { apiEndpoint: open.endpoint, anonymous: true },
    prefix: '',
    unsupported: {
      'a signed URL allows one method on one object': unchecked,
      'a signed URL expires': unchecked,
    },
  },
  {
    // For chunks of this size the objects of the suite take several.
    name: 'fake-gcs-server, made stricter and with tokens, in chunks of 256 KiB',
    config: small,
    prefix: '/a/b',
    denied: { wrong: (root) => openGcsStore(root, { ...small, token: 'token-of-nobody' }) },
    unsupported: {
      'a signed URL for get gives the bytes without credentials': 'a token alone cannot sign',
      'a signed URL for put writes the object without credentials': 'a token alone cannot sign',
      'a signed URL allows one method on one object': 'a token alone cannot sign',
      'a signed URL expires': 'a token alone cannot sign',
      'signedUrl is CAPABILITY_UNSUPPORTED unless the capability is declared': 'a token alone cannot sign',
    },
  },
];

for (const { name, config, prefix, denied, unsupported } of variants) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const openStore = (root: string) => {
    // Who has a key signs by himself, and needs nobody who gives tokens.
    const authClient = new JWT({ email: 'stack@stack-test.iam.gserviceaccount.com', key });
    return openGcsStore(root, config, config.anonymous ? { authClient } : {});
  };

  testArtifactStore(
    {
      name: `gcs artifact store on ${name}`,
      create: () => openStore(`gs://${bucket}/${randomUUID()}${prefix}`),
      reopen: openStore,
      missingRoot: () => openStore(`gs://missing-${randomUUID()}/a`),
      network: {
        endpoint: config.apiEndpoint,
        connect: (root, proxy) => {
          const retry = { attempts: 4, baseDelay: 10 };
          return openGcsStore(root, { ...config, apiEndpoint: proxy, requestTimeout: 1000, retry });
        },
        timeLimit: 8000,
      },
      denied,
      worker: {
        module: new URL('../../test/open-gcs-store.ts', import.meta.url).href,
        export: 'openGcsStore',
        input: config,
      },
      // It keeps all objects in memory.
      maximumObjectSize: 256 * 1024 * 1024,
      unsupported,
      unavailable,
    },
    { describe, it },
  );
}
