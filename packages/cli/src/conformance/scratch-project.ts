import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@stack/store';

/** What a project gives to its secret stores, on a place of its own that is removed with all that they kept there. */
export interface ScratchProject extends AsyncDisposable {
  /** For every component that is to be its default secret store. */
  readonly component: { readonly id: string; readonly overrides: Readonly<Record<string, unknown>> };
}

/** Makes a metadata store, and a folder for keys, so that a secret store is checked without the secrets and keys of anybody. */
export async function openScratchProject(): Promise<ScratchProject> {
  await using disposables = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'stack-conformance-'));
  disposables.defer(() => rm(folder, { recursive: true }));
  const store = disposables.use(await openStore({ file: join(folder, 'stack.db'), create: true }));
  const { id } = await store.components.get('secret-store', 'default');
  const environment = { ...process.env, XDG_CONFIG_HOME: folder };
  const kept = disposables.move();
  return {
    component: { id, overrides: { sealedSecrets: store.sealedSecrets, environment } },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
