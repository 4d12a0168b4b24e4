import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type ArtifactStore,
  type ComponentContext,
  type CopyRequest,
  createComponent,
  defineFlavor,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ReadRequest,
  type RemovalFailure,
  type StoredStat,
  type WriteRequest,
} from '@stack/core';
import { describe, expect, it } from 'vitest';
import { type MemoryArtifactStoreConfig, memoryArtifactStoreConfigSchema } from '../memory-artifact-store/config.ts';
import MemoryArtifactStore from '../memory-artifact-store/implementation.ts';
import { type ArtifactStoreCase, checkArtifactStore } from './test-artifact-store.ts';

type StoreClass = new (
  context: ComponentContext<MemoryArtifactStoreConfig>,
) => ArtifactStore<MemoryArtifactStoreConfig>;
type Source = Uint8Array | Readable;

async function bytesOf(source: Source): Promise<Buffer> {
  return source instanceof Readable ? buffer(source) : Buffer.from(source);
}

class LosesTheTail extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    return super.doWrite(key, bytes.subarray(0, Math.max(bytes.length - 1, 0)), request);
  }
}

class WritesInPlace extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const parts: Buffer[] = [];
    for await (const part of source instanceof Readable ? source : [Buffer.from(source)]) {
      parts.push(part);
      await super.doWrite(key, Buffer.concat(parts), request);
    }
    return super.doWrite(key, Buffer.concat(parts), request);
  }
}

class CommitsWhatWasAborted extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const parts: Buffer[] = [];
    try {
      for await (const part of source instanceof Readable ? source : [Buffer.from(source)]) parts.push(part);
    } catch (error) {
      if (!request.signal?.aborted) throw error;
    }
    const stat = await super.doWrite(key, Buffer.concat(parts), { ...request, signal: undefined });
    request.signal?.throwIfAborted();
    return stat;
  }
}

class ChecksBeforeItWaits extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const isPresent = (await this.doStat(key)) !== undefined;
    return super.doWrite(key, source, { ...request, ifAbsent: request.ifAbsent && isPresent });
  }
}

class IgnoresIfMatch extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return super.doWrite(key, source, { ...request, ifMatch: undefined });
  }
}

class IgnoresIfMatchOfReads extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    return super.doRead(key, { ...request, ifMatch: undefined });
  }
}

class TakesTheSizeForAnEtag extends MemoryArtifactStore {
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const stat = await super.doStat(key);
    return stat && { ...stat, etag: String(stat.size) };
  }
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const stat = await super.doWrite(key, source, request);
    return { ...stat, etag: String(stat.size) };
  }
}

class KeepsTheDigestOfAnother extends MemoryArtifactStore {
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const stat = await super.doStat(key);
    return stat && { ...stat, sha256: '0'.repeat(64) };
  }
}

class ReadsAMissingObjectAsEmpty extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const stat = { size: 0, modifiedAt: new Date(), etag: '' };
    return super.doRead(key, request).catch(() => ({ stat, body: Buffer.alloc(0) }));
  }
}

class ReadsOneByteMore extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    return super.doRead(key, { ...request, end: request.end === undefined ? undefined : request.end + 1 });
  }
}

class ReadsOneByteOff extends MemoryArtifactStore {
  override async doRead(key: string, { start, end, ...request }: ReadRequest): Promise<ObjectContent> {
    const by = start > 0 ? 1 : 0;
    return super.doRead(key, { ...request, start: start - by, end: end === undefined ? undefined : end - by });
  }
}

class ListsAThousand extends MemoryArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    let count = 0;
    for await (const entry of super.doList(key, request)) if (count++ < 1000) yield entry;
  }
}

class ListsByCodeUnits extends MemoryArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    const entries: ListEntry[] = [];
    for await (const entry of super.doList(key, request)) entries.push(entry);
    yield* entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

class ListsByTheBeginningOfKeys extends MemoryArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    for await (const entry of super.doList('', request)) {
      if (entry.path.startsWith(key)) yield { ...entry, path: `${key}/${entry.path}` };
    }
  }
}

class RemovesBeforeItRenames extends MemoryArtifactStore {
  override async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { body } = await this.doRead(from, { start: 0, end: undefined, ifMatch: undefined, signal: undefined });
    const bytes = await bytesOf(body);
    await this.doRemove([from]);
    return this.doWrite(to, bytes, { ...request, digest: undefined, writeId: undefined });
  }
}

class IgnoresTheConditionsOfCopies extends MemoryArtifactStore {
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    return super.doCopy(from, to, { ...request, ifMatch: undefined });
  }
}

class NeverRemoves extends MemoryArtifactStore {
  override async doRemove(): Promise<readonly RemovalFailure[]> {
    return [];
  }
}

class RemovesTheFirstOnly extends MemoryArtifactStore {
  override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    return super.doRemove(keys.slice(0, 1));
  }
}

/** A store that changes keys on the way to the backend. */
function withKeys(change: (key: string) => string): StoreClass {
  return class extends MemoryArtifactStore {
    override doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
      return super.doRead(change(key), request);
    }
    override doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
      return super.doWrite(change(key), source, request);
    }
    override doStat(key: string): Promise<StoredStat | undefined> {
      return super.doStat(change(key));
    }
    override doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
      return super.doRemove(keys.map(change));
    }
  };
}

const convictions: readonly (readonly [fault: string, store: StoreClass, convictedBy: ArtifactStoreCase])[] = [
  ['loses the tail', LosesTheTail, 'what is written is read back byte for byte'],
  ['writes in place', WritesInPlace, 'an object is not seen before it is complete'],
  ['writes over the old bytes in place', WritesInPlace, 'a reader during a write sees the old bytes or the new ones'],
  ['keeps half of what failed', WritesInPlace, 'a write whose source fails leaves what was there'],
  ['commits what was aborted', CommitsWhatWasAborted, 'an aborted write is ABORTED and leaves what was there'],
  ['checks ifAbsent before it waits', ChecksBeforeItWaits, 'of writers with ifAbsent at once exactly one wins'],
  ['ignores ifMatch', IgnoresIfMatch, 'ifMatch is PRECONDITION_FAILED for an object that changed'],
  ['ignores ifMatch of reads', IgnoresIfMatchOfReads, 'a read with ifMatch is PRECONDITION_FAILED for another object'],
  [
    'ignores the conditions of copies',
    IgnoresTheConditionsOfCopies,
    'a copy with ifMatch is PRECONDITION_FAILED for another object, and keeps both',
  ],
  ['keeps the digest of another', KeepsTheDigestOfAnother, 'a digest that the store knows is that of the bytes'],
  ['reads one byte off', ReadsOneByteOff, 'a range holds its start and not its end'],
  ['removes the first of many only', RemovesTheFirstOnly, 'removeMany removes many objects and nothing else'],
  ['takes the size for an etag', TakesTheSizeForAnEtag, 'an etag changes whenever the bytes do'],
  ['reads a missing object as empty', ReadsAMissingObjectAsEmpty, 'a missing object is NOT_FOUND'],
  ['reads one byte more', ReadsOneByteMore, 'a range holds its start and not its end'],
  ['lists a thousand', ListsAThousand, 'a listing of more than 1,000 objects is complete and in order'],
  ['lists by code units', ListsByCodeUnits, 'listings are in the order of the UTF-8 bytes of the keys'],
  ['lists by the beginning of keys', ListsByTheBeginningOfKeys, 'the beginning of a key is no key and no directory'],
  ['removes before it renames', RemovesBeforeItRenames, 'a rename that is refused keeps both objects'],
  ['never removes', NeverRemoves, 'remove takes one object away'],
  [
    'folds case',
    withKeys((key) => key.toLowerCase()),
    'keys with letters of another case are kept byte for byte, apart from each other',
  ],
  [
    'trims keys',
    withKeys((key) => key.trim()),
    'keys with spaces at their ends are kept byte for byte, apart from each other',
  ],
  [
    'normalises Unicode',
    withKeys((key) => key.normalize('NFC')),
    'keys with characters in several forms are kept byte for byte, apart from each other',
  ],
  [
    'decodes per cent',
    withKeys((key) => key.replaceAll('%2F', '/')),
    'keys with per cent signs are kept byte for byte, apart from each other',
  ],
];

function optionsFor(store: StoreClass) {
  const flavor = defineFlavor({
    type: 'artifact-store',
    name: 'broken',
    configSchema: memoryArtifactStoreConfigSchema,
    implementation: async () => ({ default: store }),
  });
  let stores = 0;
  const create = () => createComponent(flavor, { name: 'broken', config: { path: `memory://${stores++}` } });
  return { name: 'broken', create };
}

describe('the suite convicts a store that', () => {
  it.each(convictions)('%s', async (_, store, convictedBy) => {
    const [result] = await checkArtifactStore(optionsFor(store), { cases: [convictedBy] });
    expect(result).toMatchObject({ name: convictedBy, outcome: 'failed' });
  });
});
