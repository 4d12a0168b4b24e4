import { type ArtifactStore, type ConfigInputOf, createComponent } from '@stack/core';
import { s3ArtifactStoreFlavor } from '../src/artifact-store/flavor.ts';

/** What the config of a store says beside its path. */
export type S3StoreInput = Omit<ConfigInputOf<typeof s3ArtifactStoreFlavor>, 'path'>;

/** A store over a root, for tests and the processes that they start. */
export function openS3Store(path: string, input: S3StoreInput): Promise<ArtifactStore> {
  return createComponent(s3ArtifactStoreFlavor, { name: 's3', config: { path, ...input } });
}
