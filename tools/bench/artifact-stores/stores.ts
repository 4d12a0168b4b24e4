import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { azurite } from '../../backends/azurite.ts';
import { type Backend, whyUnavailable } from '../../backends/backend.ts';
import { rgw18 } from '../../backends/ceph.ts';
import { fakeGcsServer } from '../../backends/fake-gcs-server.ts';
import { minio } from '../../backends/minio.ts';
import type { S3Server } from '../../backends/s3-server.ts';
import type { OperationName } from './benched-store.ts';
import type { LocalPlace, Place } from './place.ts';
import { workloadNames } from './workloads.ts';

interface BenchedPlace extends AsyncDisposable {
  readonly place: Place;
}

export interface StoreEntry {
  readonly title: string;
  /** What there is when a write has returned. */
  readonly durability: string;
  /** The share of raw's speed that ours is to have, where nothing else is said. */
  readonly speedGoal: number;
  /** How many objects a turn of the smallest workloads has: so many that it takes long enough to be timed. */
  readonly smallObjects: number;
  readonly workloads: readonly OperationName[];
  /**
   * Whether small objects are removed at the end alone. A file system that looks at what it has removed lately, as ext4 does,
   * makes files several times slower after removals, and where they are made decides by how much.
   */
  readonly keepsSmallObjects?: boolean;
  /** What is to be known of the figures of a workload, such as why they are what they are. */
  readonly remarks?: { readonly [Name in OperationName]?: string };
  /** Why contenders that no goal compares are left out of the large objects; `undefined` where they take part. */
  readonly whyFewLarge?: string;
  /** Why it cannot be measured here; `undefined` when it can. */
  whyUnavailable(): Promise<string | undefined>;
  start(): Promise<BenchedPlace>;
}

/** Where objects are kept: each is measured by itself. */
export const stores = {
  local: {
    title: 'Local folder, durability `rename`',
    durability:
      'what is written is in the memory of the system, and a power cut can lose it, but for opendal, which always syncs the file',
    speedGoal: 0.9,
    smallObjects: 1000,
    workloads: workloadNames,
    keepsSmallObjects: true,
    remarks: {
      read: 'V8 collects garbage after each 64 MB of chunks or so, and that takes the longer the more a process has loaded: ours has a heap of 10 MB, raw of 4 MB. In a process that has loaded ours, raw takes nearly as much of the processor as ours.',
    },
    whyUnavailable: available,
    start: () => startFolder('rename'),
  },
  'local-fsync': {
    title: 'Local folder, durability `fsync`',
    durability:
      'ours and raw sync the file, and the folder once the file is in it; opendal syncs the file alone; flydrive, unstorage and rclone sync nothing',
    speedGoal: 0.9,
    smallObjects: 100,
    // Reading is the same as above.
    workloads: ['put', 'write', 'upload'],
    keepsSmallObjects: true,
    remarks: {
      put: 'Ours and raw wait for the disk twice, for the file and for its folder. Opendal waits once: a power cut may undo its rename.',
      upload:
        'Ours waits for the disk once for each file, and once for a folder for all files that came into it meanwhile; flydrive and unstorage never wait.',
    },
    whyUnavailable: available,
    start: () => startFolder('fsync'),
  },
  minio: s3Store(minio, 'S3, MinIO', 'on the disk of the server, as it syncs it by default'),
  rgw18: s3Store(rgw18, 'S3, Ceph RGW 18.2', 'in the memory of the server'),
  gcs: {
    title: 'Google Cloud Storage, fake-gcs-server',
    durability: 'in the memory of the server',
    speedGoal: 0.9,
    smallObjects: 100,
    workloads: workloadNames,
    remarks: {
      write:
        'Raw sends the object by one request, which cannot be tried again: when it breaks, the write has failed. Ours sends chunks of 16 MiB, and holds each until the server has acknowledged it, to send it again if need be, while it fills the next one: these two take 34 MB, and between two chunks nothing is sent. With `chunkSize` 8 MiB they take 17 MB, and are as fast here; over a network each chunk costs a round trip.',
    },
    whyUnavailable: () => whyUnavailable(fakeGcsServer),
    async start() {
      const server = await fakeGcsServer.start();
      return { place: { kind: 'gcs', ...server }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  },
  azure: {
    title: 'Azure, Azurite',
    durability: 'in files of the server, which does not sync them',
    speedGoal: 0.9,
    smallObjects: 100,
    workloads: workloadNames,
    whyFewLarge: 'Azurite takes some 20 seconds for each GiB',
    whyUnavailable: () => whyUnavailable(azurite),
    async start() {
      const server = await azurite.start();
      return { place: { kind: 'azure', ...server }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  },
} satisfies Readonly<Record<string, StoreEntry>>;

export type StoreName = keyof typeof stores;

export const storeNames = Object.keys(stores) as readonly StoreName[];

async function available(): Promise<undefined> {}

async function startFolder(durability: LocalPlace['durability']): Promise<BenchedPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-bench-'));
  return {
    // Some keep unfinished files beside the root.
    place: { kind: 'local', folder: join(folder, 'root'), durability },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function s3Store(backend: Backend<S3Server>, title: string, durability: string): StoreEntry {
  return {
    title,
    durability,
    speedGoal: 0.95,
    smallObjects: 300,
    workloads: workloadNames,
    whyUnavailable: () => whyUnavailable(backend),
    async start() {
      const server = await backend.start();
      return { place: { kind: 's3', ...server }, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  };
}
