import { type ArtifactStore, createComponent } from '@stack/core';
import { remoteArtifactStoreFlavor } from './flavor.ts';

export interface RemoteStoreInput {
  readonly endpoint: string;
  readonly token: string;
}

/** Makes a store in a process of its own. */
export function openRemoteStore(
  path: string,
  { endpoint, token }: RemoteStoreInput,
  flavor = remoteArtifactStoreFlavor,
): Promise<ArtifactStore> {
  return createComponent(flavor, { name: 'remote', config: { path, endpoint, token } });
}
