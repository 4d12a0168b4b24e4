import { type ArtifactStore, createComponent } from '@stack/core';
import type { RemoteArtifactStoreConfig } from './config.ts';
import { remoteArtifactStoreFlavor } from './flavor.ts';

/** Makes a store in a process of its own. */
export function openRemoteStore(
  root: string,
  input: Pick<RemoteArtifactStoreConfig, 'endpoint'> & { readonly token: string },
): Promise<ArtifactStore> {
  return createComponent(remoteArtifactStoreFlavor, { name: 'remote', config: { ...input, path: root } });
}
