import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArtifactStore, createComponent } from '../../packages/core/src/index.ts';
import type { ArtifactStoreTestOptions } from '../../packages/testkit/src/index.ts';
import { type Contender, contenders } from './rivals.ts';

/** What the suite needs to run on stores of a contender. */
export function contenderOptions({ name, flavor }: Contender): ArtifactStoreTestOptions {
  const open = (path: string) => openContender(path, { name }, flavor);
  return {
    name,
    create: async (disposables) => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-rival-'));
      disposables.defer(() => rm(folder, { recursive: true, force: true }));
      return open(join(folder, 'root'));
    },
    reopen: open,
    folderOf: (root) => root,
    worker: { module: import.meta.url, export: 'openContender', input: { name } },
  };
}

/** Makes a store of a contender, in this process or in one of its own. */
export function openContender(
  path: string,
  { name }: { readonly name: string },
  flavor = contenders.find((contender) => contender.name === name)?.flavor,
): Promise<ArtifactStore> {
  if (flavor === undefined) throw new Error(`there is no contender ${name}`);
  const config = { path, retry: { attempts: 2, baseDelay: 1, maximumDelay: 1 } };
  return createComponent(flavor, { name: 'contender', config, settings: {} }) as Promise<ArtifactStore>;
}
