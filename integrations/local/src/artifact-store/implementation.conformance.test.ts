import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStoreGaps, testArtifactStore } from '@stack/testkit';
import { describe, it } from 'vitest';
import { openLocalStore } from '../../test/open-local-store.ts';

testArtifactStore(
  {
    name: 'local artifact store',
    create: async (disposables) => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-local-'));
      disposables.defer(() => rm(folder, { recursive: true }));
      // Not there yet: the first write makes it.
      return openLocalStore(join(folder, 'root'));
    },
    reopen: openLocalStore,
    folderOf: (root) => root,
    worker: { module: new URL('../../test/open-local-store.ts', import.meta.url).href, export: 'openLocalStore' },
    unsupported: artifactStoreGaps({ signedUrl: 'a folder has no address' }),
  },
  { describe, it },
);
