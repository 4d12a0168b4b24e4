import { pipeline } from 'node:stream/promises';
import { Storage } from '@google-cloud/storage';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { GcsPlace } from '../place.ts';

export default function openRawGcs({ endpoint, projectId, bucket: name }: GcsPlace): BenchedStore {
  const bucket = new Storage({ apiEndpoint: endpoint, projectId }).bucket(name);
  // One request carries a stream of whatever length; a resumable upload takes one for each chunk.
  const writing = { resumable: false, validation: false } as const;
  const reading = { validation: false, decompress: false } as const;
  const put = (key: string, bytes: Uint8Array) => bucket.file(key).save(Buffer.from(bytes), writing);
  const get = async (key: string) => (await bucket.file(key).download(reading))[0];
  const keysBelow = async (directory: string) => {
    const [files] = await bucket.getFiles({ prefix: `${directory}/` });
    return files.map((file) => file.name);
  };
  return {
    by: `@google-cloud/storage ${versionOf('@google-cloud/storage')} without checksums: save, download, createWriteStream in one request, createReadStream; 16 files at once; getFiles`,
    put,
    get,
    write: (key, source) => pipeline(source, bucket.file(key).createWriteStream(writing)),
    read: async (key) => bucket.file(key).createReadStream(reading),
    upload: uploadBy(put),
    download: downloadBy(keysBelow, get),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}
