import { type ArtifactStoreCase, testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { backends } from '../../../../tools/backends/backends.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { expiredKey } from '../../test/expired-key.ts';
import { openS3Store } from '../../test/open-s3-store.ts';

const dotsOfMinio = 'MinIO takes a segment like ". " for ".", and a backslash for a slash';
const gapsOfMinio: Readonly<Partial<Record<ArtifactStoreCase, string>>> = {
  'keys with dots are kept byte for byte, apart from each other': dotsOfMinio,
  'keys with backslashes are kept byte for byte, apart from each other': dotsOfMinio,
};

for (const [server, unsupported] of [
  ['minio', gapsOfMinio],
  ['rgw16', {}],
  ['rgw18', {}],
] as const) {
  const name = `s3 artifact store on ${backends[server].name}`;
  const unavailable = await whyUnavailable(backends[server]);
  if (unavailable !== undefined) {
    const create = () => Promise.reject(new Error(unavailable));
    testArtifactStore({ name, create, unavailable }, { describe, it });
    continue;
  }
  const { bucket, ...account } = await sharedServer(server);
  // MinIO gives no key for less than 15 minutes.
  const expired = server === 'minio' ? undefined : await expiredKey(account);
  testArtifactStore(
    {
      name,
      create: () => openS3Store(`s3://${bucket}/${crypto.randomUUID()}`, account),
      reopen: (root) => openS3Store(root, account),
      missingRoot: () => openS3Store(`s3://missing-${crypto.randomUUID()}/a`, account),
      network: {
        endpoint: account.endpoint,
        connect: (root, endpoint) => {
          const retry = { attempts: 4, baseDelay: 10 };
          return openS3Store(root, { ...account, endpoint, requestTimeout: 1000, retry });
        },
        timeLimit: 8000,
      },
      denied: {
        wrong: (root) => openS3Store(root, { ...account, secretAccessKey: 'wrong' }),
        expired: expired && ((root) => openS3Store(root, { ...account, ...expired })),
      },
      worker: {
        module: new URL('../../test/open-s3-store.ts', import.meta.url).href,
        export: 'openS3Store',
        input: account,
      },
      unsupported,
    },
    { describe, it },
  );
}
