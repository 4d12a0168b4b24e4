import { createComponent, type SecretStore } from '@stack/core';
import { type MetadataStore, openStore, type StoreLocation } from '@stack/store';
import { localSecretStoreFlavor } from '../src/secret-store/local/flavor.ts';

/** What a process brings to the secret store of a project. */
export interface Surroundings {
  readonly location: StoreLocation;
  /** The root of the project. */
  readonly project: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly keyFile?: string | undefined;
}

/** Opens the secret store that every project has, and the metadata store that it is in, as a process of its own would. */
export async function openSecretStore({
  location,
  project,
  environment,
  keyFile,
}: Surroundings): Promise<{ readonly store: SecretStore; readonly metadata: MetadataStore }> {
  const metadata = await openStore({ ...location, create: true });
  const { id, name } = await metadata.components.get('secret-store', 'default');
  const config = keyFile === undefined ? {} : { keyFile };
  const { sealedSecrets } = metadata;
  const options = { id, name, config, baseDirectory: project };
  const store = await createComponent(localSecretStoreFlavor, options, { sealedSecrets, environment });
  return { store, metadata };
}
