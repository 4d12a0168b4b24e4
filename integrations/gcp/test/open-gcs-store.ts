import { type ArtifactStore, type ConfigInputOf, createComponent } from '@stack/core';
import { gcsArtifactStoreFlavor } from '../src/artifact-store/flavor.ts';
import type { GcsOverrides } from '../src/artifact-store/gcs-client.ts';

/** What the config of a store says beside its path. */
export type GcsStoreInput = Omit<ConfigInputOf<typeof gcsArtifactStoreFlavor>, 'path'>;

/** A store over a root, for tests and the processes that they start. */
export function openGcsStore(path: string, input: GcsStoreInput, overrides: GcsOverrides = {}): Promise<ArtifactStore> {
  return createComponent(gcsArtifactStoreFlavor, { name: 'gcs', config: { path, ...input } }, { ...overrides });
}
