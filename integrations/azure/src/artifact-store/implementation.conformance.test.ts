import { randomBytes, randomUUID } from 'node:crypto';
import { BlobServiceClient, ContainerSASPermissions } from '@azure/storage-blob';
import { testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { azurite } from '../../../../tools/backends/azurite.ts';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { openAzureStore } from '../../test/open-azure-store.ts';
import { parseBlobPath } from './config.ts';

const unavailable = await whyUnavailable(azurite);
const server = unavailable === undefined ? await sharedServer('azurite') : undefined;
const { endpoint = 'http://127.0.0.1', accountName = 'account', accountKey = '', connectionString = '' } = server ?? {};
const { origin, pathname } = new URL(endpoint);
const credentials = { accountName, accountKey };

interface Variant {
  readonly size: string;
  readonly options: object;
  readonly prefix: string;
}

function containerOf(root: string) {
  const { container = '' } = parseBlobPath(root) ?? {};
  return BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
}

/** A shared access signature that has been right, and is not any more. */
async function expiredToken(root: string): Promise<string> {
  const permissions = ContainerSASPermissions.parse('racwdl');
  const url = await containerOf(root).generateSasUrl({ permissions, expiresOn: new Date(Date.now() - 60_000) });
  return new URL(url).search;
}

// The second size is one for which the objects of the suite take several blocks.
describe.each<Variant>([
  { size: 'the default size', options: {}, prefix: '' },
  {
    size: '64 KiB',
    options: { blockSize: 64 * 1024 },
    prefix: '/a/b',
  },
])('with blocks of $size', ({ options, prefix }) => {
  const config = { endpoint, ...credentials, ...options };
  const open = (root: string) => openAzureStore(root, config);

  testArtifactStore(
    {
      name: 'azure artifact store',
      // Azurite takes the longer to remove a blob, the more there are.
      create: async (disposables) => {
        const root = `az://conformance-${randomUUID()}${prefix}`;
        const container = containerOf(root);
        await container.create();
        disposables.defer(async () => void (await container.delete()));
        return open(root);
      },
      reopen: open,
      missingRoot: () => open(`az://missing-${randomUUID()}/a`),
      network: {
        endpoint: origin,
        connect: (root, proxy) =>
          openAzureStore(root, {
            ...config,
            endpoint: `${proxy}${pathname}`,
            requestTimeout: 1000,
            retry: { attempts: 3, baseDelay: 10 },
          }),
        timeLimit: 5000,
      },
      denied: {
        wrong: (root) => openAzureStore(root, { ...config, accountKey: randomBytes(64).toString('base64') }),
        expired: async (root) => openAzureStore(root, { endpoint, ...options, sasToken: await expiredToken(root) }),
      },
      worker: {
        module: new URL('../../test/open-azure-store.ts', import.meta.url).href,
        export: 'openAzureStore',
        input: config,
      },
      unavailable,
    },
    { describe, it },
  );
});
