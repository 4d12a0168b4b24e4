import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { S3Place } from '../place.ts';

const partSize = 16 * 1024 * 1024;
const queueSize = 4;

export default function openRawS3(place: S3Place): BenchedStore {
  const { bucket: Bucket, endpoint, region, accessKeyId, secretAccessKey } = place;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    // Checksums cost time, and not all servers know them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It takes less of the processor than what the SDK has by default, above all for large objects.
    requestHandler: new UndiciHttpHandler({ dispatcher: { connections: 50, allowH2: false } }),
    // Else every request is put together from some thirty functions anew.
    cacheMiddleware: true,
  });
  const put = (Key: string, Body: Uint8Array) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return Body?.transformToByteArray() ?? new Uint8Array();
  };
  const keysBelow = async (directory: string) => {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: `${directory}/` })) {
      for (const { Key = '' } of Contents) keys.push(Key);
    }
    return keys;
  };
  return {
    by: `@aws-sdk/client-s3 ${versionOf('@aws-sdk/client-s3')} without checksums, with cacheMiddleware and @smithy/undici-http-handler ${versionOf('@smithy/undici-http-handler')}: PutObject, GetObject; Upload of @aws-sdk/lib-storage ${versionOf('@aws-sdk/lib-storage')} with 4 parts of 16 MiB, since the length of the stream is not known; 16 files at once; ListObjectsV2`,
    put,
    get,
    write: (Key, Body) => new Upload({ client, params: { Bucket, Key, Body }, partSize, queueSize }).done(),
    read: async (Key) => (await client.send(new GetObjectCommand({ Bucket, Key }))).Body as Readable,
    upload: uploadBy(put),
    download: downloadBy(keysBelow, get),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}
