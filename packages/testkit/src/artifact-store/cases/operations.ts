import type { ArtifactStore } from '@stack/core';
import { temporaryFolder } from './case-context.ts';
import { chunks } from './chunks.ts';
import { paths } from './listing.ts';

type Operation = (signal: AbortSignal | undefined) => Promise<unknown>;

/** One call of every operation that asks the backend, by its name. `a` is an object; nothing else needs to be there. */
export function operations(
  store: ArtifactStore,
  disposables: AsyncDisposableStack,
): Readonly<Record<string, Operation>> {
  return {
    read: (signal) => store.read('a', { signal }),
    readText: (signal) => store.readText('a', { signal }),
    openRead: (signal) => store.openRead('a', { signal }),
    write: (signal) => store.write('b', 'new', { signal }),
    'write of a stream': (signal) => store.write('c', chunks(['new']), { signal }),
    stat: (signal) => store.stat('a', { signal }),
    size: (signal) => store.size('a', { signal }),
    exists: (signal) => store.exists('a', { signal }),
    isDirectory: (signal) => store.isDirectory('a', { signal }),
    list: (signal) => paths(store.list('', { signal })),
    walk: (signal) => paths(store.walk('', { signal })),
    glob: (signal) => paths(store.glob('*', { signal })),
    copy: (signal) => store.copy('a', 'd', { signal }),
    rename: (signal) => store.rename('a', 'e', { signal }),
    remove: (signal) => store.remove('a', { signal }),
    removeMany: (signal) => store.removeMany(['a'], { signal }),
    removeTree: (signal) => store.removeTree('', { signal }),
    downloadDirectory: async (signal) => store.downloadDirectory('', await temporaryFolder(disposables), { signal }),
  };
}
