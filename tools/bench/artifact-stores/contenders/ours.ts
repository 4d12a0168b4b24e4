import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyFlavor, ArtifactStore, createComponent } from '../../../../packages/core/src/index.ts';
import { repositoryRoot } from '../../../build/run-command.ts';
import type { BenchedStore } from '../benched-store.ts';
import type { Place, PlaceKind, PlaceOf } from '../place.ts';

interface OwnStore<Kind extends PlaceKind> {
  /** The folder of its package in `integrations`. */
  readonly integration: string;
  /** The flavor, by the name that the package exports it by. */
  readonly flavor: string;
  config(place: PlaceOf<Kind>): Readonly<Record<string, unknown>>;
}

const ownStores: { readonly [Kind in PlaceKind]: OwnStore<Kind> } = {
  local: {
    integration: 'local',
    flavor: 'localArtifactStoreFlavor',
    config: ({ folder, durability }) => ({ path: folder, durability }),
  },
  s3: {
    integration: 'aws',
    flavor: 's3ArtifactStoreFlavor',
    config: ({ bucket, kind: _, ...account }) => ({ path: `s3://${bucket}`, ...account }),
  },
  gcs: {
    integration: 'gcp',
    flavor: 'gcsArtifactStoreFlavor',
    config: ({ bucket, endpoint }) => ({ path: `gs://${bucket}`, apiEndpoint: endpoint, anonymous: true }),
  },
  azure: {
    integration: 'azure',
    flavor: 'azureArtifactStoreFlavor',
    config: ({ connectionString, container }) => ({ path: `az://${container}`, connectionString }),
  },
};

export default async function openOurs(place: Place, { digest }: { readonly digest: boolean }): Promise<BenchedStore> {
  const store = await openArtifactStore(place);
  const none = 'no digest plays a part in it';
  return {
    by: `@stack/integration-${ownStores[place.kind].integration} as it is by default${digest ? ', with `digest` or `sha256`' : ''}`,
    put: (key, bytes) => store.write(key, bytes, { digest }),
    get: (key, sha256) => store.read(key, digest ? { sha256 } : {}),
    write: (key, source) => store.write(key, source, { digest }),
    read: (key, sha256) => store.openRead(key, digest ? { sha256 } : {}),
    upload: digest ? none : (folder, directory) => store.uploadDirectory(folder, directory),
    download: digest ? none : (directory, folder) => store.downloadDirectory(directory, folder),
    list: digest ? none : (directory) => countObjects(store, directory),
  };
}

/** Our store at a place, as it is built, with the config that it has by default but for the settings. */
export async function openArtifactStore(
  place: Place,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ArtifactStore> {
  const own = ownStores[place.kind] as OwnStore<PlaceKind>;
  const core = (await importBuilt('packages/core')) as { readonly createComponent: typeof createComponent };
  const integration = (await importBuilt(`integrations/${own.integration}`)) as Readonly<Record<string, AnyFlavor>>;
  const flavor = integration[own.flavor];
  if (flavor === undefined) throw new Error(`integrations/${own.integration} exports no ${own.flavor}`);
  return (await core.createComponent(flavor, {
    name: 'bench',
    config: { ...own.config(place), ...settings },
  })) as ArtifactStore;
}

export async function countObjects(store: ArtifactStore, directory: string): Promise<number> {
  let count = 0;
  for await (const _ of store.walk(directory)) count++;
  return count;
}

/** What users get, not the sources. */
async function importBuilt(folder: string): Promise<unknown> {
  return import(pathToFileURL(join(repositoryRoot, folder, 'dist/index.js')).href);
}
