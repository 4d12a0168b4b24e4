import { azurite } from './azurite.ts';
import { azuriteHttps } from './azurite-https.ts';
import type { Backend } from './backend.ts';
import { rgw16, rgw18 } from './ceph.ts';
import { fakeGcsServer } from './fake-gcs-server.ts';
import { minio } from './minio.ts';
import { moto } from './moto.ts';
import { postgres } from './postgres.ts';

/** Every backend, by the name that commands and tests call it by. */
export const backends = {
  azurite,
  'azurite-https': azuriteHttps,
  'fake-gcs-server': fakeGcsServer,
  minio,
  moto,
  postgres,
  rgw16,
  rgw18,
} satisfies Record<string, Backend<AsyncDisposable>>;

export type BackendName = keyof typeof backends;

/** What is known of a server that somebody else started, and will end. */
export type SharedServer<Name extends BackendName> = Omit<
  Awaited<ReturnType<(typeof backends)[Name]['start']>>,
  typeof Symbol.asyncDispose
>;

export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(backends, name);
}
