import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyFlavor, type ArtifactStore, artifactStoreConfig, createComponent, defineFlavor } from '@stack/core';
import type { ArtifactStoreHooks, ArtifactStoreTestOptions } from '@stack/testkit';
import FolderArtifactStore from './folder-artifact-store.ts';

/** What the suite needs to run on stores in folders. */
export function folderStoreOptions(
  store: typeof FolderArtifactStore = FolderArtifactStore,
): Pick<ArtifactStoreTestOptions, 'create'> & ArtifactStoreHooks {
  const flavor: AnyFlavor = defineFlavor({
    type: 'artifact-store',
    name: 'folder',
    configSchema: artifactStoreConfig({ schemes: ['file://'], localPath: true }),
    implementation: async () => ({ default: store }),
  });
  const open = (path: string) =>
    createComponent(flavor, { name: 'folder', config: { path }, settings: {} }) as Promise<ArtifactStore>;
  return {
    create: async (disposables) => {
      const path = await mkdtemp(join(tmpdir(), 'stack-folder-'));
      disposables.defer(() => rm(path, { recursive: true }));
      return open(path);
    },
    folderOf: (root) => root,
  };
}
