import { BlobServiceClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import { azurite } from './azurite.ts';
import { whyUnavailable } from './backend.ts';

const obstacle = await whyUnavailable(azurite);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`Azurite${reason}`, () => {
  test('keeps a blob for who has the key, refuses others, and is gone afterwards', async () => {
    await using server = await azurite.start();
    const { accountName, connectionString, container, endpoint } = server;

    const blobs = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
    await blobs.getBlockBlobClient('a b/ü.txt').uploadData(Buffer.from('kept'));
    expect((await blobs.getBlobClient('a b/ü.txt').downloadToBuffer()).toString()).toBe('kept');

    const stranger = new StorageSharedKeyCredential(accountName, Buffer.alloc(64).toString('base64'));
    const refusal = await new BlobServiceClient(endpoint, stranger)
      .getContainerClient(container)
      .exists()
      .catch((e) => e);
    expect(refusal).toBeInstanceOf(RestError);
    expect(refusal).toMatchObject({ statusCode: 403 });

    await server[Symbol.asyncDispose]();
    await expect(fetch(endpoint)).rejects.toThrow();
  }, 60_000);
});
