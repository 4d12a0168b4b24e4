import { Disk } from 'flydrive';
import type { DriverContract } from 'flydrive/types';
import { versionOf } from '../../../rivals/version-of.ts';
import type { BenchedStore } from '../benched-store.ts';
import { downloadBy, uploadBy } from '../directories.ts';
import type { Place } from '../place.ts';

export default async function openFlydrive(place: Place): Promise<BenchedStore | string> {
  const driver = await openDriver(place);
  if (driver === undefined) return 'it has no driver for it';
  const disk = new Disk(driver);
  const keysBelow = async (directory: string) => {
    const keys: string[] = [];
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const page = await disk.listAll(directory, {
        recursive: true,
        ...(token !== undefined && { paginationToken: token }),
      });
      for (const object of page.objects) if (object.isFile) keys.push(object.key);
      token = page.paginationToken;
    }
    return keys;
  };
  return {
    by: `flydrive ${versionOf('flydrive')}: put, getBytes, putStream with the length, getStream; 16 files at once; listAll, which gives names alone`,
    put: (key, bytes) => disk.put(key, bytes),
    get: (key) => disk.getBytes(key),
    write: (key, source, size) => disk.putStream(key, source, { contentLength: size }),
    read: (key) => disk.getStream(key),
    upload: uploadBy((key, bytes) => disk.put(key, bytes)),
    download: downloadBy(keysBelow, (key) => disk.getBytes(key)),
    list: async (directory) => (await keysBelow(directory)).length,
  };
}

async function openDriver(place: Place): Promise<DriverContract | undefined> {
  switch (place.kind) {
    case 'local': {
      const { FSDriver } = await import('flydrive/drivers/fs');
      return new FSDriver({ location: place.folder, visibility: 'private' });
    }
    case 's3': {
      const { S3Driver } = await import('flydrive/drivers/s3');
      const { bucket, endpoint, region, accessKeyId, secretAccessKey } = place;
      return new S3Driver({
        bucket,
        endpoint,
        region,
        credentials: { accessKeyId, secretAccessKey },
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        supportsACL: false,
        visibility: 'private',
      });
    }
    case 'gcs': {
      const { GCSDriver } = await import('flydrive/drivers/gcs');
      const { bucket, endpoint: apiEndpoint, projectId } = place;
      return new GCSDriver({ bucket, apiEndpoint, projectId, usingUniformAcl: true, visibility: 'private' });
    }
    case 'azure':
      return undefined;
  }
}
