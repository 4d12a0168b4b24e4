import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { BlobServiceClient, RestError, StorageSharedKeyCredential } from '@azure/storage-blob';
import { describe, expect, onTestFinished, test } from 'vitest';
import { azurite } from './azurite.ts';
import { azuriteHttps } from './azurite-https.ts';
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

const httpsObstacle = await whyUnavailable(azuriteHttps);
const httpsReason = httpsObstacle === undefined ? '' : ` (skipped: ${httpsObstacle})`;

describe.skipIf(httpsObstacle !== undefined)(`Azurite under HTTPS${httpsReason}`, () => {
  test('keeps a blob for who has a token, and refuses one that is over', async () => {
    await using server = await azuriteHttps.start();
    const trusted = getCACertificates('default');
    onTestFinished(() => setDefaultCACertificates(trusted));
    setDefaultCACertificates([...trusted, server.certificate]);
    const containerFor = (token: string) => {
      const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
      return new BlobServiceClient(server.endpoint, credential).getContainerClient(server.container);
    };

    const blob = containerFor(server.token).getBlockBlobClient('a');
    await blob.uploadData(Buffer.from('kept'));
    expect((await blob.downloadToBuffer()).toString()).toBe('kept');

    const [header, claims, signature] = server.token.split('.');
    const over = { ...JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()), exp: 1 };
    const overToken = [header, Buffer.from(JSON.stringify(over)).toString('base64url'), signature].join('.');
    await expect(containerFor(overToken).exists()).rejects.toMatchObject({ statusCode: 403 });
  }, 60_000);
});
