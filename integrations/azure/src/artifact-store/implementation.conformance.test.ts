import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { createComponent } from '@stack/core';
import { testArtifactStore } from '@stack/testkit';
import { beforeAll, describe, it } from 'vitest';
import { azurite } from '../../../../tools/backends/azurite.ts';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import type { SharedServer } from '../../../../tools/backends/backends.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { azureArtifactStoreFlavor } from './flavor.ts';

const unavailable = await whyUnavailable(azurite);
let server: SharedServer<'azurite'>;

beforeAll(async () => {
  if (unavailable === undefined) server = await sharedServer('azurite');
}, 60_000);

function open(path: string, blockSize: number | undefined) {
  const { endpoint, accountName, accountKey } = server;
  return createComponent(azureArtifactStoreFlavor, {
    name: 'azurite',
    config: { path, endpoint, accountName, accountKey, ...(blockSize !== undefined && { blockSize }) },
  });
}

// The second size is one for which the objects of the suite take several blocks.
describe.each([
  ['the default size', undefined, ''],
  ['64 KiB', 64 * 1024, '/a/b'],
])('with blocks of %s', (_, blockSize, prefix) => {
  testArtifactStore(
    {
      name: 'azure artifact store',
      // Azurite takes the longer to remove a blob, the more there are.
      create: async (disposables) => {
        const service = BlobServiceClient.fromConnectionString(server.connectionString);
        const { containerClient: container } = await service.createContainer(`conformance-${randomUUID()}`);
        disposables.defer(async () => void (await container.delete()));
        return open(`az://${container.containerName}${prefix}`, blockSize);
      },
      unavailable,
    },
    { describe, it },
  );
});
