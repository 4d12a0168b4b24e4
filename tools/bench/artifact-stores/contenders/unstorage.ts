import { createStorage, type Driver } from 'unstorage';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { Place } from '../place.ts';

export default async function openUnstorage(place: Place): Promise<BenchedStore | string> {
  const driver = await openDriver(place);
  if (typeof driver === 'string') return driver;
  const storage = createStorage({ driver });
  const put = (key: string, bytes: Uint8Array) => storage.setItemRaw(key, bytes);
  const get = async (key: string) => {
    const bytes = await storage.getItemRaw<Uint8Array | ArrayBuffer>(key);
    if (bytes === null) throw new Error(`it finds no ${key}`);
    return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  };
  const keysBelow = async (directory: string) =>
    (await storage.getKeys(directory)).map((key) => key.replaceAll(':', '/'));
  const noStreams = 'it has no streams';
  return {
    by: `unstorage ${versionOf('unstorage')}: setItemRaw, getItemRaw; 16 files at once; getKeys, which gives names alone`,
    put,
    get,
    write: noStreams,
    read: noStreams,
    upload: uploadBy(put),
    download: downloadBy(keysBelow, get),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}

/** The driver, or why there is none. */
async function openDriver(place: Place): Promise<Driver | string> {
  switch (place.kind) {
    case 'local': {
      const { default: fsDriver } = await import('unstorage/drivers/fs');
      return fsDriver({ base: place.folder, ignore: [] });
    }
    case 's3': {
      const { default: s3Driver } = await import('unstorage/drivers/s3');
      const { kind: _, ...options } = place;
      return s3Driver(options);
    }
    case 'gcs':
      return 'it has no driver for it';
    case 'azure':
      return 'its driver writes ":" where keys have "/", so it finds nothing that others wrote';
  }
}
