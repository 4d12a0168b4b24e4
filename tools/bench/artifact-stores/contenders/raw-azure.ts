import type { Readable } from 'node:stream';
import { BlobServiceClient } from '@azure/storage-blob';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { AzurePlace } from '../place.ts';

const blockSize = 8 * 1024 * 1024;
const blockConcurrency = 4;

export default function openRawAzure({ connectionString, container }: AzurePlace): BenchedStore {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const blob = (key: string) => client.getBlockBlobClient(key);
  const put = (key: string, bytes: Uint8Array) => blob(key).upload(bytes, bytes.byteLength);
  const get = (key: string) => blob(key).downloadToBuffer();
  const keysBelow = async (directory: string) => {
    const keys: string[] = [];
    for await (const item of client.listBlobsFlat({ prefix: `${directory}/` })) keys.push(item.name);
    return keys;
  };
  return {
    by: `@azure/storage-blob ${versionOf('@azure/storage-blob')}: upload, downloadToBuffer, uploadStream with 4 blocks of 8 MiB, download; 16 files at once; listBlobsFlat`,
    put,
    get,
    write: (key, source) => blob(key).uploadStream(source, blockSize, blockConcurrency),
    read: async (key) => (await blob(key).download()).readableStreamBody as Readable,
    upload: uploadBy(put),
    download: downloadBy(keysBelow, get),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}
