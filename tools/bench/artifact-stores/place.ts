import type { S3Account } from '../../backends/s3-server.ts';

/** Where objects are kept, and how it is reached. It is sent to other processes, so it is plain data. */
export type Place = LocalPlace | S3Place | GcsPlace | AzurePlace;

export interface LocalPlace {
  readonly kind: 'local';
  /** Empty, and nobody else's. */
  readonly folder: string;
  /** What a write waits for: its place in the file system, or the disk as well. */
  readonly durability: 'rename' | 'fsync';
}

export interface S3Place extends S3Account {
  readonly kind: 's3';
  readonly bucket: string;
}

export interface GcsPlace {
  readonly kind: 'gcs';
  readonly endpoint: string;
  readonly projectId: string;
  readonly bucket: string;
}

export interface AzurePlace {
  readonly kind: 'azure';
  readonly connectionString: string;
  readonly endpoint: string;
  readonly accountName: string;
  readonly accountKey: string;
  readonly container: string;
}

export type PlaceKind = Place['kind'];
export type PlaceOf<Kind extends PlaceKind> = Extract<Place, { readonly kind: Kind }>;
