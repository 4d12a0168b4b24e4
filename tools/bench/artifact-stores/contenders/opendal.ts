import { Operator } from 'opendal';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { Place } from '../place.ts';

const mebibyte = 1024 * 1024;

export default function openOpendal(place: Place): BenchedStore {
  const operator = openOperator(place);
  const isRemote = place.kind !== 'local';
  const writing = isRemote ? { chunk: BigInt(16 * mebibyte), concurrent: 4 } : {};
  const reading = isRemote ? { chunk: 8 * mebibyte, concurrent: 4 } : {};
  const keysBelow = async (directory: string) => {
    const entries = await operator.list(`${directory}/`, { recursive: true });
    return entries.filter((entry) => entry.metadata().isFile()).map((entry) => entry.path());
  };
  const put = (key: string, bytes: Uint8Array) =>
    operator.write(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const settings = isRemote
    ? '4 parts of 16 MiB at once to write, 4 of 8 MiB to read'
    : 'an atomic_write_dir, which makes it atomic';
  return {
    by: `opendal ${versionOf('opendal')}: ${settings}; 16 files at once; list, which gives ${isRemote ? 'sizes too' : 'names alone'}`,
    put,
    get: (key) => operator.read(key),
    write:
      place.kind === 'gcs'
        ? 'it sends parts by the XML API, which fake-gcs-server does not have'
        : async (key, source) => {
            const writer = await operator.writer(key, writing);
            for await (const chunk of source) await writer.write(chunk as Buffer);
            await writer.close();
          },
    read: async (key) => (await operator.reader(key, reading)).createReadStream({ highWaterMark: 256 * 1024 }),
    upload: uploadBy(put),
    download: downloadBy(keysBelow, (key) => operator.read(key)),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}

function openOperator(place: Place): Operator {
  switch (place.kind) {
    case 'local':
      return new Operator('fs', { root: place.folder, atomic_write_dir: `${place.folder}-opendal` });
    case 's3':
      return new Operator('s3', {
        bucket: place.bucket,
        endpoint: place.endpoint,
        region: place.region,
        access_key_id: place.accessKeyId,
        secret_access_key: place.secretAccessKey,
        disable_config_load: 'true',
      });
    case 'gcs':
      return new Operator('gcs', {
        bucket: place.bucket,
        endpoint: place.endpoint,
        allow_anonymous: 'true',
        disable_vm_metadata: 'true',
        disable_config_load: 'true',
      });
    case 'azure':
      return new Operator('azblob', {
        container: place.container,
        endpoint: place.endpoint,
        account_name: place.accountName,
        account_key: place.accountKey,
      });
  }
}
