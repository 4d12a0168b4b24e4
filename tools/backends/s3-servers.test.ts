import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { whyUnavailable } from './backend.ts';
import { rgw16, rgw18 } from './ceph.ts';
import { minio } from './minio.ts';
import { s3Client } from './s3-server.ts';

for (const backend of [minio, rgw18, rgw16]) {
  const obstacle = await whyUnavailable(backend);
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

  describe.skipIf(obstacle !== undefined)(`${backend.name}${reason}`, () => {
    test('keeps an object for who has the key, refuses others, and is gone afterwards', async () => {
      await using server = await backend.start();
      const object = { Bucket: server.bucket, Key: 'a b/ü.txt' };

      const client = s3Client(server);
      await client.send(new PutObjectCommand({ ...object, Body: 'kept' }));
      const { Body } = await client.send(new GetObjectCommand(object));
      expect(await Body?.transformToString()).toBe('kept');

      const stranger = s3Client({ ...server, secretAccessKey: 'wrong' });
      await expect(stranger.send(new GetObjectCommand(object))).rejects.toMatchObject({
        // Ceph says less where it gives out keys for roles.
        name: expect.stringMatching(/^(?:SignatureDoesNotMatch|AccessDenied)$/),
        $metadata: { httpStatusCode: 403 },
      });

      await server[Symbol.asyncDispose]();
      await expect(fetch(server.endpoint)).rejects.toThrow();
    }, 60_000);
  });
}
