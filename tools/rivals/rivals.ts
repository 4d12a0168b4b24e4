import { localArtifactStoreFlavor } from '../../integrations/local/src/index.ts';
import { type AnyFlavor, artifactStoreConfig, defineFlavor } from '../../packages/core/src/index.ts';
import { versionOf } from './version-of.ts';

/** A store on a folder of this disk whose score is told. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly flavor: AnyFlavor;
}

const rivals = {
  flydrive: () => import('./flydrive-store.ts'),
  unstorage: () => import('./unstorage-store.ts'),
  opendal: () => import('./opendal-store.ts'),
};

/** Ours, and those of other libraries for Node that keep objects in folders. */
export const contenders: readonly Contender[] = [
  {
    name: '@stack/integration-local',
    version: versionOf('../../integrations/local/'),
    flavor: localArtifactStoreFlavor,
  },
  ...Object.entries(rivals).map(([name, implementation]) => ({
    name,
    version: versionOf(name),
    flavor: defineFlavor({
      type: 'artifact-store',
      name,
      configSchema: artifactStoreConfig({ schemes: ['file://'], localPath: true }),
      implementation,
    }),
  })),
];
